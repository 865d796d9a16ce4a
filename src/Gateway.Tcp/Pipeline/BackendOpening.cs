using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The opening of a connection to a backend that gets TLS, or whose client asked for TLS. The destination counts as reached when all steps
/// have succeeded:
/// 1. Send the PROXY header, unencrypted.
/// 2. Send PostgreSQL's SSLRequest, if TLS begins in that way; the backend has to accept the request.
/// 3. Do the TLS handshake, unless the client's own TLS is passed through.
/// Each step may take the cluster's ConnectTimeout, and all of them what is left of its DialTimeout.
/// </summary>
internal sealed class BackendOpening(ConnectionRecord record, DialMetrics metrics, TimeProvider time) : IConnectionOpening
{
    /// <summary>Whether the connection to the backend needs this opening.</summary>
    public static bool IsNeeded(ConnectionRecord record) => record.Route!.Cluster.Tls is not null || AsksForTls(record);

    /// <inheritdoc/>
    public async ValueTask<OpeningResult> OpenAsync(Dial dial, TcpConnection backend, DestinationModel destination, SourceIpMode mode)
    {
        // From here on, an abort of the client's connection also aborts the backend's connection.
        record.Backend = backend;
        var opened = record.IsStopped ? new OpeningResult(CloseReason.ClientReset) : await RunAsync(dial, backend, destination, mode);
        if (opened.Failure is not null)
        {
            record.Backend = null;
        }

        return opened;
    }

    private async ValueTask<OpeningResult> RunAsync(Dial dial, TcpConnection backend, DestinationModel destination, SourceIpMode mode)
    {
        var cluster = record.Route!.Cluster;
        var limit = cluster.ConnectTimeout;
        if (await SendAsync(backend, mode == SourceIpMode.ProxyProtocol, dial.Left(limit)) is not SocketError.Success and var unsent)
        {
            return Failed(backend, unsent);
        }

        if (AsksForTls(record) && await ReadAnswerAsync(backend, dial.Left(limit)) is { Failure: not null } declined)
        {
            return declined;
        }

        if (cluster.Tls is { } tls)
        {
            var (side, problem) = await ClientHandshake.RunAsync(backend, tls, destination.Host, dial.Left(limit), time);
            if (side is null)
            {
                return Failed(backend, problem!);
            }

            record.BackendLayer = side;
        }

        return default;
    }

    // Where the client's TLS is passed through, the backend gets an SSLRequest if the client sent an SSLRequest. Where the gateway itself
    // does the TLS handshake with the backend, the gateway sends the SSLRequest.
    private static bool AsksForTls(ConnectionRecord record) =>
        record.Route!.StartTls == StartTlsProtocol.PostgreSql
        && (record.Route.Cluster.Tls is not null || (record.HasAskedForTls && record.Identity!.Tls is null));

    private async ValueTask<SocketError> SendAsync(TcpConnection backend, bool sendsHeader, TimeSpan limit)
    {
        var request = AsksForTls(record) ? PostgreSqlRequests.Ssl : default;
        if (!sendsHeader)
        {
            return request.IsEmpty ? SocketError.Success : (await backend.SendAllAsync(request, limit)).Error;
        }

        var first = FirstBytes.WithHeader(record, request.Span, metrics);
        var sent = await backend.SendAllAsync(first.Data, limit);
        first.Return(record, sent.Bytes, metrics);
        return sent.Error;
    }

    // Only one byte is read, because unencrypted bytes behind the answer would be treated as bytes that TLS protects.
    private async ValueTask<OpeningResult> ReadAnswerAsync(TcpConnection backend, TimeSpan limit)
    {
        var waited = await backend.WaitReadableAsync(limit);
        if (waited != SocketError.Success)
        {
            return Failed(backend, waited == SocketError.TimedOut ? "no_answer" : "closed");
        }

        var answer = new byte[1];
        var read = backend.Receive(answer);
        return read.Bytes == 1 && answer[0] == PostgreSqlRequests.Yes.Span[0] ? default
            : Failed(backend, read.Bytes == 0 ? "closed" : "declined");
    }

    private OpeningResult Failed(TcpConnection backend, SocketError error) =>
        record.IsStopped || backend.AbortReason is not null
            ? new OpeningResult(CloseReason.ClientReset)
            : new OpeningResult(
                error == SocketError.TimedOut ? CloseReason.BackendConnectTimeout : CloseReason.BackendConnectFailed, error);

    private OpeningResult Failed(TcpConnection backend, string problem) =>
        record.IsStopped || backend.AbortReason is not null
            ? new OpeningResult(CloseReason.ClientReset)
            : new OpeningResult(CloseReason.BackendTls, Why: $"tls:{problem}");
}
