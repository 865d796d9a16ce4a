using System.Net.Sockets;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Health.Probes;

/// <summary>
/// A check over a connection that is open:
/// 1. Send the PROXY header, unencrypted.
/// 2. Send PostgreSQL's SSLRequest, if TLS begins in that way.
/// 3. Do the TLS handshake, if the gateway begins TLS to the cluster.
/// 4. Ask (<see cref="IProbe"/>).
/// 5. If the server has answered, whatever it said: say goodbye, end TLS, send FIN, and wait for the server's end. If nothing has come in
/// time: send RST, so that a server that hangs does not collect closed connections in its queue.
/// Steps 1 to 4 share the timeout of the check. Step 5 has its own, and changes nothing about the result.
/// </summary>
internal sealed class Conversation(Socket socket, ProbeTarget target, IProbe probe, TimeProvider time) : IAsyncDisposable
{
    // A server that is well answers a goodbye within a round trip, but a busy one may take longer, and counts a connection that was cut.
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(2);

    // A server that has not answered yet may hang, and its next check must not wait for long.
    private static readonly TimeSpan LatestAnswer = TimeSpan.FromMilliseconds(500);

    // The rest of an answer that nobody reads.
    private const int MostDrainedBytes = 64 * 1024;

    private readonly NetworkStream _network = new(socket, ownsSocket: false);
    private TlsStream? _tls;

    /// <summary>The timestamp at which the result was there, before the goodbye.</summary>
    public long AskedUntil { get; private set; }

    /// <summary>Runs the check.</summary>
    /// <returns>Null: the destination is good. Otherwise what failed.</returns>
    public async Task<string?> AskAsync(CancellationToken limit)
    {
        string? why;
        var isOpen = false;
        try
        {
            why = await OpenAsync(limit);
            if (why is null)
            {
                isOpen = true;
                why = await probe.AskAsync((Stream?)_tls ?? _network, limit);
            }
        }
        catch (OperationCanceledException)
        {
            why = "timeout";
        }
        catch (IOException)
        {
            why = "reset";
        }

        AskedUntil = time.GetTimestamp();
        if (isOpen)
        {
            await LeaveAsync();
        }

        if (limit.IsCancellationRequested && !probe.HasAnswer)
        {
            socket.LingerState = new LingerOption(true, 0);
        }

        return why;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }

        await _network.DisposeAsync();
    }

    private async Task<string?> OpenAsync(CancellationToken limit)
    {
        var model = target.Rules.Probe;
        if (model.Header is { } version)
        {
            var header = new byte[OwnHeader.MaxLength];
            var length = version == ProxyProtocolVersion.V1
                ? OwnHeader.Write(header, ProxyProtocolVersion.V1, socket)
                : ProxyHeaderWriter.WriteV2(header, ProxyCommand.Local, default, default, [], withChecksum: false);
            await _network.WriteAsync(header.AsMemory(0, length), limit);
        }

        if (model.AsksForTls && (target.Tls is not null || model.Kind == TcpHealthCheckKind.Tls))
        {
            var answer = new byte[1];
            await _network.WriteAsync(PostgreSqlRequests.Ssl, limit);
            if (await _network.ReadAsync(answer, limit) == 0 || answer[0] != PostgreSqlRequests.Yes.Span[0])
            {
                return answer[0] == 0 ? "tls:closed" : "tls:declined";
            }
        }

        // A Connect check asks nothing, so it does not ask for TLS.
        if (target.Tls is not { } tls || model.Kind == TcpHealthCheckKind.Connect)
        {
            return null;
        }

        _tls = new TlsStream(_network, leaveOpen: true);
        try
        {
            await _tls.AuthenticateAsClientAsync(tls.OptionsFor(target.Destination.Host), limit);
            return null;
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return $"tls:{ClientHandshake.ProblemOf(failed, _tls)}";
        }
    }

    private async Task LeaveAsync()
    {
        using var limit = new CancellationTokenSource(probe.HasAnswer ? LongestGoodbye : LatestAnswer, time);
        try
        {
            await probe.LeaveAsync((Stream?)_tls ?? _network, limit.Token);
            if (!probe.HasAnswer)
            {
                return;
            }

            if (_tls is not null)
            {
                await _tls.ShutdownAsync().WaitAsync(limit.Token);
            }

            socket.Shutdown(SocketShutdown.Send);
            var rest = new byte[4096];
            for (int drained = 0, read; drained < MostDrainedBytes; drained += read)
            {
                read = await _network.ReadAsync(rest, limit.Token);
                if (read == 0)
                {
                    break;
                }
            }
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            // The result is there already, and the server has had its chance.
        }
    }
}
