namespace Gateway.Tcp.Identification;

/// <summary>What to do next with a connection whose client is not known yet.</summary>
internal enum IdentificationAction : byte
{
    /// <summary>
    /// Wait for more bytes, the end of the stream or the passing of <see cref="IdentificationStep.Wait"/>, then decide again.
    /// </summary>
    Wait,

    /// <summary>The client is known; what follows the header is payload.</summary>
    Identified,

    /// <summary>Close without an error: the connection is a check that connects and closes.</summary>
    CloseSilently,

    /// <summary>Refuse, for the reason in <see cref="IdentificationStep.Refusal"/>.</summary>
    Refuse,
}
