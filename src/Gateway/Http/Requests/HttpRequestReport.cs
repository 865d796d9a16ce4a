using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Requests;

/// <summary>
/// Reports ended requests to the metrics and the access log, and warns the operator if no destination could be reached.
/// </summary>
internal sealed class HttpRequestReport(
    HttpAccessLog log,
    HttpRequestMetrics metrics,
    OperatorWarnings warnings,
    DestinationErrors? errors = null,
    DestinationTimes? times = null)
{
    /// <summary>The server has refused a request before the application saw it.</summary>
    public void Refused(ConnectionIdentity connection, string listener, BadHttpRequestException problem)
    {
        metrics.Refused(listener, problem.StatusCode);
        if (log.IsEnabled && log.Writes(listener))
        {
            log.WriteBadRequest(connection, listener, problem);
        }
    }

    /// <summary>A request has got its route.</summary>
    public void Begun(RequestRecord record) => log.Begun(record);

    /// <summary>A request has ended.</summary>
    public void Completed(RequestRecord record)
    {
        var took = record.Elapsed;
        metrics.Completed(record, took);
        record.OfConnection?.End(record);
        if (record.Proxy?.ProxiedDestination is { } asked)
        {
            times?.Count(asked, took, record.Status);
            if (record.Reason is { } fault && fault.BlamesDestination())
            {
                errors?.Note(asked, record.FailureText!);
            }
        }
        log.Ended(record);

        // The warning comes after the access line of the request.
        if (record.Reason is { } reason && reason.IsUnreachable()
            && record.Proxy is { } proxy)
        {
            var destination = proxy.ProxiedDestination is { } last ? $"destination:{last.DestinationId}," : "";
            warnings.Unreachable(
                proxy.Cluster.Config.ClusterId,
                reason.Label(),
                destination + LogText.DetailOf(RequestFailures.ErrorOf(record.Context)?.Exception));
        }
    }
}
