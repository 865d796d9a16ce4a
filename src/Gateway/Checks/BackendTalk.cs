using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Checks;

/// <summary>
/// One connection to a backend, to see how the backend reacts to the bytes that it gets. The connection ends by RST, because many servers
/// log an end in the middle of a header, but few log a reset.
/// </summary>
internal sealed class BackendTalk : IDisposable
{
    // A refusal is a short line, or a page that contains the server's name.
    private const int MostBytes = 8192;

    // The time limit for a server that does not stop sending.
    private static readonly TimeSpan MostTalking = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;

    private BackendTalk(Socket socket) => _socket = socket;

    /// <summary>The connection's socket. A PROXY header names its two endpoints.</summary>
    public Socket Socket => _socket;

    /// <summary>Connects in the same way as the data plane.</summary>
    /// <param name="request">The destination, the source and the timeout.</param>
    /// <param name="cancellation">Signalled when the time of the whole run is up: this method throws.</param>
    /// <param name="prepare">Sets further socket options; null: none.</param>
    /// <param name="ownListeners">The addresses of this gateway's own listeners; null: none.</param>
    /// <returns>The connection, or the reason why there is none.</returns>
    public static async Task<(BackendTalk? Talk, ConnectProblem? Problem)> ConnectAsync(
        ConnectRequest request, CancellationToken cancellation, Action<Socket>? prepare = null, OwnListeners? ownListeners = null)
    {
        var connector = new SocketConnector(ownListeners ?? new OwnListeners(), TimeProvider.System, cancellation)
        {
            Prepare = socket =>
            {
                socket.LingerState = new LingerOption(true, 0);
                prepare?.Invoke(socket);
            },
        };
        var result = await connector.ConnectAsync(request);
        cancellation.ThrowIfCancellationRequested();
        return result.Socket is { } socket
            ? (new BackendTalk(socket), null)
            : (null, ConnectProblem.Of(result.Failure, result.Error, request.Timeout));
    }

    /// <summary>Sends a few bytes. Ignores errors, because <see cref="ListenAsync"/> notices a backend that has closed.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await _socket.SendAsync(bytes, cancellation);
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>Reads the backend's bytes, until no more bytes have come for the time <paramref name="quiet"/>.</summary>
    public async Task<Reaction> ListenAsync(TimeSpan quiet, CancellationToken cancellation)
    {
        var buffer = new byte[MostBytes];
        var length = 0;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var began = Stopwatch.GetTimestamp();
        try
        {
            while (length < buffer.Length && Stopwatch.GetElapsedTime(began) < MostTalking)
            {
                limit.CancelAfter(quiet);
                var read = await _socket.ReceiveAsync(buffer.AsMemory(length), limit.Token);
                if (read == 0)
                {
                    return new Reaction(buffer[..length], HasEnded: true);
                }

                length += read;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
        }
        catch (SocketException)
        {
            return new Reaction(buffer[..length], HasEnded: true);
        }

        return new Reaction(buffer[..length], HasEnded: false);
    }

    public void Dispose() => _socket.Dispose();
}
