using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>Accepting from managed sockets goes on whatever happens, and never in a circle.</summary>
public sealed class SocketAcceptorTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private readonly List<SocketError> _pauses = [];
    private int _accepts;
    private int _turnedAway;

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    [InlineData(SocketError.AccessDenied)]
    public async Task AcceptAsync_NoRoom_PausesAndIsToldOnceForEach(SocketError error)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var accepted = Acceptor(socket, error, error).AcceptAsync(CancellationToken.None).AsTask();

        Assert.Equal((1, 1), (_accepts, _pauses.Count));
        _time.Advance(Pause);
        Assert.Equal((2, 2), (_accepts, _pauses.Count));
        Assert.False(accepted.IsCompleted);
        _time.Advance(Pause);

        Assert.Same(socket, await accepted);
        Assert.Equal([error, error], _pauses);
        Assert.Equal(0, _turnedAway);
    }

    [Fact]
    public async Task AcceptAsync_AConnectionThatEndedInTheQueue_IsPassedOverAtOnce()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);

        Assert.Same(socket, await Acceptor(socket, SocketError.ConnectionAborted, SocketError.ConnectionReset).AcceptAsync(CancellationToken.None));
        Assert.Empty(_pauses);
    }

    [Fact]
    public async Task AcceptAsync_OneOfTheLastDescriptors_IsClosedAsIfThereWereNone()
    {
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var acceptor = new SocketAcceptor(_ => new ValueTask<Socket>(_accepts++ == 0 ? first : second), socket => socket == first, _pauses.Add, () => _turnedAway++, _time);
        var accepted = acceptor.AcceptAsync(CancellationToken.None).AsTask();

        Assert.True(first.SafeHandle.IsClosed);
        Assert.Equal([SocketError.TooManyOpenSockets], _pauses);
        Assert.Equal(1, _turnedAway);
        _time.Advance(Pause);
        Assert.Same(second, await accepted);
    }

    [Fact]
    public async Task AcceptAsync_StoppedInAPauseOrClosed_IsTheEnd()
    {
        using var stop = new CancellationTokenSource();
        var accepted = Acceptor(null, SocketError.TooManyOpenSockets).AcceptAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        Assert.Null(await accepted);

        var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Dispose();
        Assert.Null(await new SocketAcceptor(listening, false, _pauses.Add, null, _time).AcceptAsync(CancellationToken.None));
    }

    private SocketAcceptor Acceptor(Socket? socket, params SocketError[] errors) => new(
        _ => _accepts++ < errors.Length ? throw new SocketException((int)errors[_accepts - 1]) : new ValueTask<Socket>(socket!),
        static _ => false, _pauses.Add, () => _turnedAway++, _time);
}
