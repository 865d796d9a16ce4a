namespace Gateway.Tcp.Dialing;

/// <summary>
/// The client's address cannot be the source of a connection: ours, and no fault of the destination. An exception, since it has to get
/// through the HTTP client.
/// </summary>
public sealed class SourceUnusableException : IOException
{
    /// <summary>Says which address and why.</summary>
    public SourceUnusableException(string message)
        : base(message)
    {
    }

    /// <summary>Says nothing.</summary>
    public SourceUnusableException()
    {
    }

    /// <summary>Says what lies beneath it.</summary>
    public SourceUnusableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
