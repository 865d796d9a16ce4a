namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Why a request was not sent to a destination. This is a feature of the request and not an error of YARP, because YARP's health policies
/// count errors, and the destination is not to blame.
/// </summary>
/// <param name="Error">The name of the error in the access log.</param>
/// <param name="Detail">The reason as text.</param>
internal sealed record RequestRefusal(string Error, string Detail);
