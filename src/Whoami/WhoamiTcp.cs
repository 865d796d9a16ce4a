using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Whoami;

/// <summary>
/// A raw TCP backend. It takes a PROXY header (v1 or v2) or none, answers with one line about the client, and echoes all bytes that follow.
/// It answers as soon as it has the header; without a header, after the first line or after a short silence. It trusts a header from any
/// peer.
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

    /// <summary>The address of the listener. The port is the real port, even if port 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts on an endpoint. An IPv6 any-address takes IPv4 too.</summary>
    /// <param name="endPoint">The address to listen at; port 0 means any free port.</param>
    /// <param name="options">Limits; null: the defaults.</param>
    /// <exception cref="SocketException">The address cannot be bound, for example because the port is in use.</exception>
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
                // The client has left the accept queue, or no descriptor is left. Neither ends the backend.
                await Task.Yield();
                continue;
            }

            if (_sessions.Count >= _options.MaxConnections)
            {
                socket.Dispose();
                continue;
            }

            // A session is registered before it starts, so that a session that ends at once is not removed before it was added.
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
