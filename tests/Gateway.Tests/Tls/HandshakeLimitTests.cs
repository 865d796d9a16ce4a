using Gateway.Tcp.Tls;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tls;

/// <summary>Handshakes at once: who gets a place, who waits, and who gives way.</summary>
public sealed class HandshakeLimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Enter_Full_WaitsInOrderUntilAnotherHasEnded()
    {
        var limit = new HandshakeLimit(_time, 1);
        using var handshake = new CancellationTokenSource();
        var first = await limit.EnterAsync(handshake);
        var second = limit.EnterAsync(handshake).AsTask();
        var third = limit.EnterAsync(handshake).AsTask();
        Assert.False(second.IsCompleted);

        first.Dispose();
        (await second.WaitAsync(Eventually.DefaultTimeout)).Dispose();
        (await third.WaitAsync(Eventually.DefaultTimeout)).Dispose();

        Assert.Equal(0, limit.UnderWay);
    }

    [Fact]
    public async Task Enter_TimeIsUp_IsCancelledAndLeavesTheQueue()
    {
        var limit = new HandshakeLimit(_time, 1);
        using var handshake = new CancellationTokenSource();
        using var late = new CancellationTokenSource();
        var first = await limit.EnterAsync(handshake);
        var second = limit.EnterAsync(late).AsTask();

        await late.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        first.Dispose();
        using var third = await limit.EnterAsync(handshake);

        Assert.Equal(1, limit.UnderWay);
    }

    [Fact]
    public async Task Enter_FullOfClientsThatSayNothing_EndsTheOldest()
    {
        var limit = new HandshakeLimit(_time, 2);
        using var oldest = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var first = await limit.EnterAsync(oldest);
        oldest.Token.Register(first.Dispose);
        using var kept = await limit.EnterAsync(other);
        var waiting = limit.EnterAsync(other).AsTask();
        Assert.False(oldest.IsCancellationRequested);

        _time.Advance(HandshakeLimit.Patience);
        using var place = await waiting.WaitAsync(Eventually.DefaultTimeout);

        await Eventually.TrueAsync(() => oldest.IsCancellationRequested, "the oldest is ended");
        Assert.False(other.IsCancellationRequested);
    }

    [Fact]
    public async Task Enter_ManyWaitAtOnce_EachEndsAnother()
    {
        const int places = 20;
        var limit = new HandshakeLimit(_time, places);
        var stuck = Enumerable.Range(0, places).Select(static _ => new CancellationTokenSource()).ToList();
        foreach (var handshake in stuck)
        {
            // Whoever is ended here does not even give its place back.
            await limit.EnterAsync(handshake);
        }

        using var other = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, places).Select(_ => limit.EnterAsync(other).AsTask()).ToList();
        _time.Advance(HandshakeLimit.Patience);

        foreach (var place in await Task.WhenAll(waiting).WaitAsync(Eventually.DefaultTimeout))
        {
            place.Dispose();
        }

        await Eventually.TrueAsync(
            () => stuck.TrueForAll(static handshake => handshake.IsCancellationRequested),
            "all that were stuck are ended");
        stuck.ForEach(static handshake => handshake.Dispose());
        Assert.Equal(0, limit.UnderWay);
    }

    [Fact]
    public async Task Max_Raised_LetsThoseInThatWait()
    {
        var limit = new HandshakeLimit(_time, 1);
        using var handshake = new CancellationTokenSource();
        using var first = await limit.EnterAsync(handshake);
        var second = limit.EnterAsync(handshake).AsTask();

        limit.Max = 2;

        using var place = await second.WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal(2, limit.UnderWay);
    }
}
