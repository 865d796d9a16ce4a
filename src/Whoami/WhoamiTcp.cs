using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Whoami;

/// <summary>
/// A raw TCP backend. It takes a PROXY header (v1 or v2) or none, answers with one line about the client, and echoes everything that
/// follows. The answer comes with the header, else after the first line, else after a short silence. It believes a header from anybody.
/// </summary>
/// <example>
/// <c>client=203.0.113.7:56324 via=proxy-v2 peer=127.0.0.1:40112 local=127.0.0.1:9000 destination=192.0.2.1:443
/// tlvs=Authority:example.com</c>
/// </example>
public sealed class WhoamiTcp : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly WhoamiTcpOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<long, Task> _sessions = new();
    private readonly Task _accepting;

    private WhoamiTcp(Socket listener, WhoamiTcpOptions options)
    {
        _listener = listener;
        _options = options;
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens; the port is the real one also when 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts on an endpoint. An IPv6 any-address takes IPv4 too.</summary>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="options">Limits; null: the defaults.</param>
    /// <exception cref="SocketException">The address cannot be had, e.g. the port is in use.</exception>
    public static WhoamiTcp Start(IPEndPoint endPoint, WhoamiTcpOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.Bind(endPoint);
            listener.Listen();
            return new WhoamiTcp(listener, options ?? new WhoamiTcpOptions());
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Stops accepting and ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        await Task.WhenAll(_sessions.Values);
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (long id = 0; ; id++)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client went away in the queue, or no descriptor is left: neither ends the backend.
                await Task.Yield();
                continue;
            }

            if (_sessions.Count >= _options.MaxConnections)
            {
                socket.Dispose();
                continue;
            }

            // Registered before it starts, so that a session that ends at once is removed after it was added.
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sessions[id] = RunAsync(id, socket, start.Task);
            start.SetResult();
        }
    }

    private async Task RunAsync(long id, Socket socket, Task registered)
    {
        await registered;
        using (socket)
        {
            await new WhoamiTcpSession(socket, _options).RunAsync(_stopping.Token);
        }

        _sessions.TryRemove(id, out _);
    }
}
