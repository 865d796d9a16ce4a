namespace Gateway.Http.Responses;

/// <summary>Why the gateway ended a response that its client did not take.</summary>
internal enum ResponseEnd : byte
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>No progress for the listener's ResponseStallTimeout.</summary>
    Timeout,

    /// <summary>Too many waited, and this one for the longest.</summary>
    Limit,
}
