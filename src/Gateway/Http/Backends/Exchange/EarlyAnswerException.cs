namespace Gateway.Http.Backends.Exchange;

/// <summary>Ends the copying of a request's body: the destination reads no more of it. What it has answered until then is still read, and
/// mostly is the whole answer.</summary>
internal sealed class EarlyAnswerException() : IOException("the destination reads no more of the request's body");
