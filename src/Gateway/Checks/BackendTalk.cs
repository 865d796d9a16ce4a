using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Checks;

/// <summary>
/// One connection to a backend, to see how it takes what it is sent. It ends by RST: many servers log an end in the middle of a header, few
/// a reset.
/// </summary>
internal sealed class BackendTalk : IDisposable
{
    // A refusal is a short line, or a page with the server's name in it.
    private const int MostBytes = 8192;

    // Of a server that goes on and on.
    private static readonly TimeSpan MostTalking = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;

    private BackendTalk(Socket socket) => _socket = socket;

    /// <summary>The connection's socket, for headers that name its ends.</summary>
    public Socket Socket => _socket;

    /// <summary>Connects as the data plane does.</summary>
    /// <param name="request">Where, from where, and for how long.</param>
    /// <param name="cancellation">The time of the whole run is up: this throws.</param>
    /// <param name="prepare">Sets further options; null: none.</param>
    /// <param name="ownListeners">Which addresses are this gateway's own; null: those of no listener.</param>
    /// <returns>The connection, or why there is none.</returns>
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

    /// <summary>Sends a few bytes; a backend that has closed already is found by <see cref="ListenAsync"/>.</summary>
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

    /// <summary>Waits for what comes, until nothing more has come for a time.</summary>
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
