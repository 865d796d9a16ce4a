using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Checks;

/// <summary>One connection to a backend, to see how it takes what it is sent. It ends by RST: many servers log an end in the middle of a header, few a reset.</summary>
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

    /// <summary>Connects.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="prepare">Sets options and binds.</param>
    /// <param name="cancellation">The time of the whole run is up: this throws.</param>
    /// <returns>The connection, or why there is none, in words that follow the address.</returns>
    public static async Task<(BackendTalk? Talk, string? Problem)> ConnectAsync(
        IPEndPoint endPoint, TimeSpan timeout, Action<Socket> prepare, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            prepare(socket);
            await socket.ConnectAsync(endPoint, limit.Token);
            return (new BackendTalk(socket), null);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            return (null, $"does not answer within {timeout.TotalSeconds:0.###} s");
        }
        catch (SocketException problem)
        {
            socket.Dispose();
            return (null, problem.SocketErrorCode == SocketError.ConnectionRefused ? "refuses connections" : problem.Message);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
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
                    return new Reaction(buffer[..length], HasEnded: true);
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
