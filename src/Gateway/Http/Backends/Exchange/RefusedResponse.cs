using System.Net;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// The response to a request that was not sent to a destination. It is a response and not an exception, because an exception would count as
/// a failure of the destination. <c>RefusalTransform</c> tells the access log.
/// </summary>
internal sealed class RefusedResponse : HttpResponseMessage
{
    public RefusedResponse(HttpRequestMessage request, HttpStatusCode status, RequestRefusal refusal)
        : base(status)
    {
        Refusal = refusal;
        RequestMessage = request;
        Version = request.Version;
    }

    public RefusedResponse(HttpRequestMessage request, NoRoomException full)
        : this(request, HttpStatusCode.ServiceUnavailable, RequestRefusal.Limit(full.Message))
    {
    }

    /// <summary>Why the request was not sent.</summary>
    public RequestRefusal Refusal { get; }
}
