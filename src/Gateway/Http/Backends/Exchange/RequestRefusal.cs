using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Why a request was not sent to a destination. This is a feature of the request and not an error of YARP, because YARP's health policies
/// count errors, and the destination is not to blame.
/// </summary>
/// <param name="Reason">The reason.</param>
/// <param name="Error">The name of the error in the access log.</param>
/// <param name="Detail">The reason as text.</param>
internal sealed record RequestRefusal(CloseReason Reason, string Error, string Detail)
{
    /// <summary>A request that gets no connection, because a limit of clients or descriptors is reached.</summary>
    /// <param name="detail">The reason as text.</param>
    public static RequestRefusal Limit(string detail) => new(CloseReason.Limit, "ClientLimit", detail);

    /// <summary>A request whose client address cannot be announced to the destination.</summary>
    /// <param name="detail">The reason as text.</param>
    public static RequestRefusal SourceIp(string detail) => new(CloseReason.SourceIpUnusable, "SourceIp", detail);
}
