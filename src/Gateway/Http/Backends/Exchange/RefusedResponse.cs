using System.Net;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// The answer to a request that was not sent to a destination. As an answer, rather than an exception, it is nobody's failure;
/// <c>RefusalTransform</c> tells the access log.
/// </summary>
internal sealed class RefusedResponse : HttpResponseMessage
{
    /// <summary>The error of a request for which there is no connection: too many clients have some.</summary>
    public const string ClientLimit = "ClientLimit";

    /// <summary>The error of a request whose client cannot be told to the destination.</summary>
    public const string SourceIp = "SourceIp";

    public RefusedResponse(HttpRequestMessage request, HttpStatusCode status, RequestRefusal refusal)
        : base(status)
    {
        Refusal = refusal;
        RequestMessage = request;
        Version = request.Version;
    }

    public RefusedResponse(HttpRequestMessage request, NoRoomException full)
        : this(request, HttpStatusCode.ServiceUnavailable, new RequestRefusal(ClientLimit, full.Message))
    {
    }

    /// <summary>Why.</summary>
    public RequestRefusal Refusal { get; }
}
