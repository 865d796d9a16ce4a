using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Shutdown;

/// <summary>Clients that connect, exchange a few bytes and leave, one after the other, until they are told to stop.</summary>
internal sealed class ShortConnections : IAsyncDisposable
{
    private const int Clients = 8;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task[] _running;
    private int _done;

    private ShortConnections(Func<int, Task> exchange) =>
        _running = [.. Enumerable.Range(0, Clients).Select(_ => RunAsync(exchange))];

    /// <summary>How many have been served.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>Clients of an echo server: what they send comes back.</summary>
    public static ShortConnections ToEcho(int port) => new(async number =>
    {
        using var peer = await TcpPeer.ConnectAsync(port);
        var sent = number.ToString("D8", CultureInfo.InvariantCulture);
        await peer.SendAsync(sent);
        Assert.Equal(sent, await peer.ReadTextAsync(sent.Length));
        peer.ShutdownSend();
        Assert.Empty(await peer.ReadToEndAsync());
    });

    /// <summary>Clients of a web server: one request each.</summary>
    public static ShortConnections ToHttp(int port) => new(async number =>
    {
        using var peer = await TcpPeer.ConnectAsync(port);
        await peer.SendAsync($"GET /{number} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var answer = Encoding.ASCII.GetString(await peer.ReadToEndAsync());
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    });

    /// <summary>Waits until so many more have been served.</summary>
    public async Task MoreAsync(int count)
    {
        var until = Done + count;
        await Eventually.TrueAsync(() => Done >= until || !_failures.IsEmpty, $"{count} more connections");
    }

    /// <summary>Ends them; nothing may have gone wrong.</summary>
    public async Task StopAsync()
    {
        await DisposeAsync();
        Assert.True(_failures.IsEmpty, $"{_failures.Count} of {Done} failed, the first: {_failures.FirstOrDefault()}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    private async Task RunAsync(Func<int, Task> exchange)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await exchange(Volatile.Read(ref _done));
                Interlocked.Increment(ref _done);
                // Some hundred connections a second, because other tests run beside.
                await Tempo.PauseAsync(TimeSpan.FromMilliseconds(10));
            }
            catch (Exception problem)
            {
                _failures.Enqueue(problem.ToString());
                await Tempo.PauseAsync(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
