using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// What a backend gets before its destination counts as reached, where TLS is spoken to it:
/// 1. The PROXY header, in clear.
/// 2. PostgreSQL's SSLRequest, if that is how its TLS begins; the backend has to answer yes.
/// 3. The handshake, unless the client's own TLS is passed through.
/// Each step may take the cluster's ConnectTimeout.
/// </summary>
internal sealed class BackendOpening(ConnectionRecord record, DialMetrics metrics, TimeProvider time) : IConnectionOpening
{
    /// <summary>Whether a connection's backend is opened in this way.</summary>
    public static bool IsNeeded(ConnectionRecord record) => record.Route!.Cluster.Tls is not null || AsksForTls(record);

    /// <inheritdoc/>
    public async ValueTask<OpeningResult> OpenAsync(TcpConnection backend, DestinationModel destination, SourceIpMode mode)
    {
        // An abort of the client's connection ends the backend's too, from here on.
        record.Backend = backend;
        var opened = record.IsStopped ? new OpeningResult(DialFailure.Aborted) : await RunAsync(backend, destination, mode);
        if (opened.Failure != DialFailure.None)
        {
            record.Backend = null;
        }

        return opened;
    }

    private async ValueTask<OpeningResult> RunAsync(TcpConnection backend, DestinationModel destination, SourceIpMode mode)
    {
        var cluster = record.Route!.Cluster;
        if (await SendAsync(backend, mode == SourceIpMode.ProxyProtocol) is not SocketError.Success and var unsent)
        {
            return Failed(backend, unsent);
        }

        if (AsksForTls(record) && await ReadAnswerAsync(backend, cluster.ConnectTimeout) is { Failure: not DialFailure.None } declined)
        {
            return declined;
        }

        if (cluster.Tls is { } tls)
        {
            var (side, problem) = await ClientHandshake.RunAsync(backend, tls, destination.Host, cluster.ConnectTimeout, time);
            if (side is null)
            {
                return Failed(backend, problem!);
            }

            record.BackendLayer = side;
        }

        return default;
    }

    // The client's TLS is passed through as it asked for it. Where TLS ends here, or begins here, the request is ours.
    private static bool AsksForTls(ConnectionRecord record) =>
        record.Route!.StartTls == StartTlsProtocol.PostgreSql
        && (record.Route.Cluster.Tls is not null || (record.HasAskedForTls && record.Identity!.Tls is null));

    private async ValueTask<SocketError> SendAsync(TcpConnection backend, bool sendsHeader)
    {
        var request = AsksForTls(record) ? PostgreSqlRequests.Ssl : default;
        var limit = record.Route!.Cluster.ConnectTimeout;
        if (!sendsHeader)
        {
            return request.IsEmpty ? SocketError.Success : (await backend.SendAllAsync(request, limit)).Error;
        }

        var first = FirstBytes.WithHeader(record, request.Span, metrics);
        var sent = await backend.SendAllAsync(first.Data, limit);
        first.Return(record, sent.Bytes, metrics);
        return sent.Error;
    }

    // One byte: what came behind it in clear would be taken for what TLS protects.
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
            ? new OpeningResult(DialFailure.Aborted)
            : new OpeningResult(error == SocketError.TimedOut ? DialFailure.Timeout : DialFailure.Destination, error);

    private OpeningResult Failed(TcpConnection backend, string problem) =>
        record.IsStopped || backend.AbortReason is not null
            ? new OpeningResult(DialFailure.Aborted)
            : new OpeningResult(DialFailure.Tls, Why: $"tls:{problem}");
}
