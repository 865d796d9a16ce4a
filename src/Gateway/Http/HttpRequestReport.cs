using Gateway.Tcp.Identification;

namespace Gateway.Http;

/// <summary>Where requests are reported that have ended.</summary>
internal sealed class HttpRequestReport(HttpAccessLog log, HttpRequestMetrics metrics)
{
    /// <summary>The server has refused a request before the application saw it.</summary>
    public void Refused(ConnectionIdentity connection, string listener, BadHttpRequestException problem)
    {
        metrics.Refused(listener, problem.StatusCode);
        if (log.IsEnabled)
        {
            log.WriteBadRequest(connection, listener, problem);
        }
    }

    /// <summary>A request has ended.</summary>
    public void Completed(RequestRecord record)
    {
        metrics.Completed(record);
        if (log.IsEnabled)
        {
            log.Write(record);
        }
    }
}
