using System.Net;
using System.Net.Sockets;

namespace Gateway.Checks;

/// <summary>One connection to a backend, to see how it takes what it is sent.</summary>
internal sealed class BackendTalk : IDisposable
{
    // A refusal is a short line; what follows it is not needed to tell.
    private const int MostBytes = 512;

    private readonly Socket _socket;

    private BackendTalk(Socket socket) => _socket = socket;

    /// <summary>Our end.</summary>
    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Connects.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="prepare">Sets options and binds.</param>
    /// <param name="cancellation">The time of the whole run is up: this throws.</param>
    /// <returns>The connection, or why there is none, in words that follow the address.</returns>
    public static async Task<(BackendTalk? Talk, string? Problem)> ConnectAsync(IPEndPoint endPoint, TimeSpan timeout, Action<Socket> prepare, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
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

    /// <summary>Waits for what comes within a time.</summary>
    public async Task<Reaction> ListenAsync(TimeSpan time, CancellationToken cancellation)
    {
        var buffer = new byte[MostBytes];
        var length = 0;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(time);
        try
        {
            while (length < buffer.Length)
            {
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

/// <summary>What a backend did.</summary>
/// <param name="Bytes">The beginning of what it sent.</param>
/// <param name="HasEnded">It closed or reset the connection.</param>
internal sealed record Reaction(byte[] Bytes, bool HasEnded)
{
    /// <summary>It stays there and says nothing.</summary>
    public bool IsSilent => Bytes.Length == 0 && !HasEnded;

    /// <summary>What it sent, fit for a line.</summary>
    public string Show()
    {
        const int Shown = 40;
        var text = string.Concat(Bytes.TakeWhile(b => b is not (byte)'\r' and not (byte)'\n').Take(Shown).Select(b => b is >= 0x20 and < 0x7f ? (char)b : '.'));
        return $"\"{text}\"";
    }
}
