namespace Gateway.Http.Responses;

/// <summary>
/// Why the gateway ended a response that its client did not take. The request has its own reason, and so has the connection, which over
/// HTTP/2 goes on.
/// </summary>
internal enum ResponseEnd : byte
{
    /// <summary>The gateway did not end the response.</summary>
    None,

    /// <summary>No progress for the listener's ResponseStallTimeout.</summary>
    Timeout,

    /// <summary>Too many responses waited, and this response waited longest.</summary>
    Limit,
}
