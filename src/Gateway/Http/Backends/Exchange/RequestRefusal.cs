namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Why a request was not sent to a destination, as a feature: the destination is not to blame, so YARP, whose health policies count its
/// errors, must not hear of it.
/// </summary>
/// <param name="Error">As the access log says it.</param>
/// <param name="Detail">In words.</param>
internal sealed record RequestRefusal(string Error, string Detail);
