namespace Gateway.Http.Backends.Exchange;

/// <summary>Ends the copying of a request's body, because the destination reads no more of it. The response that it has sent until then is
/// still read, and in most cases is complete.</summary>
internal sealed class EarlyAnswerException() : IOException("the destination reads no more of the request's body");
