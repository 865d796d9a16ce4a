using Gateway.Configuration;
using Gateway.Handover;
using Gateway.Linux;
using Gateway.Testing;
using Gateway.Tests.Tcp.Engines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Handover;

/// <summary>The two ends of a handover in one process, over a real unix socket.</summary>
public sealed class HandoverServerTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process = new();
    private readonly Lifetime _lifetime = new();
    private readonly HandoverServer _server;

    public HandoverServerTests()
    {
        _server = new HandoverServer(_process, _lifetime, NullLogger<HandoverServer>.Instance);
        Assert.Null(_server.Start(Config));
    }

    private HandoverConfig Config => new() { Path = Path.Combine(_folder.Path, "h.sock") };

    [Fact]
    public async Task NewProcess_ThatSaysReady_TakesThePlace()
    {
        using (var predecessor = await FindAsync())
        {
            var socket = Assert.Single(predecessor!.Sockets);
            Assert.Equal(_process.Listening.LocalEndPoint, socket.LocalEndPoint);
            socket.Dispose();
            Assert.True(await Task.Run(predecessor.TakePlace).Within());
        }

        Assert.Equal((1, 0, 1), (_process.Begun, _process.Cancelled, _process.Completed));
    }

    [Fact]
    public async Task NewProcess_ThatEndsBeforeItIsReady_LeavesTheOldOne()
    {
        (await FindAsync())!.Dispose();

        await Eventually.TrueAsync(() => _process.Cancelled == 1, "cancelled");
        Assert.Equal(0, _process.Completed);
        // The next one is served, a moment later.
        using var next = await Eventually.GetAsync(TryFindAsync, static found => found is not null, "a handover");
        Assert.True(await Task.Run(next!.TakePlace).Within());
        Assert.Equal(1, _process.Completed);
    }

    [Fact]
    public async Task NewProcess_BesideAnother_IsToldToComeLater()
    {
        using var first = await FindAsync();

        var problem = await Assert.ThrowsAsync<HandoverException>(FindAsync);

        Assert.Contains("Start this one later", problem.Message, StringComparison.Ordinal);
        Assert.Equal(1, _process.Begun);
    }

    [Fact]
    public async Task OldProcess_ThatIsToldToEnd_DoesNotWaitForTheNewOne()
    {
        using var predecessor = await FindAsync();

        _lifetime.StopApplication();

        await Eventually.TrueAsync(() => _process.Cancelled == 1, "cancelled");
        Assert.False(await Task.Run(predecessor!.TakePlace).Within());
        Assert.Equal(0, _process.Completed);
    }

    [Fact]
    public async Task Start_InAFolderThatIsNotThere_SaysTheCure()
    {
        await using var other = new HandoverServer(_process, _lifetime, NullLogger<HandoverServer>.Instance);

        var problem = other.Start(new HandoverConfig { Path = Path.Combine(_folder.Path, "none", "h.sock") });

        Assert.Contains("must be able to write to its folder", problem, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _process.Listening.Dispose();
        _lifetime.Dispose();
        _folder.Dispose();
    }

    private Task<Predecessor?> FindAsync() => Task.Run(() => Predecessor.Find(Config)).Within();

    private async Task<Predecessor?> TryFindAsync()
    {
        try
        {
            return await FindAsync();
        }
        catch (HandoverException)
        {
            return null;
        }
    }

    private sealed class Process : IHandover
    {
        public System.Net.Sockets.Socket Listening { get; } = TestSockets.Listen();

        public int Begun { get; private set; }

        public int Cancelled { get; private set; }

        public int Completed { get; private set; }

        public Task<HandoverOffer?> BeginHandOverAsync()
        {
            Begun++;
            return Task.FromResult<HandoverOffer?>(new HandoverOffer([ListeningDescriptor.Duplicate(Listening)!], null, null));
        }

        public Task CancelHandOverAsync()
        {
            Cancelled++;
            return Task.CompletedTask;
        }

        public Task CompleteHandOverAsync(bool isTableTaken)
        {
            Completed++;
            return Task.CompletedTask;
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
