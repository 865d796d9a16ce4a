namespace Gateway.Tcp.Dialing;

/// <summary>
/// The client's address cannot be the source of a connection. This is a failure of the gateway, not of the destination. It is an exception,
/// because it has to pass through the HTTP client.
/// </summary>
public sealed class SourceUnusableException : IOException
{
    /// <summary>Makes an exception that says which address, and why.</summary>
    public SourceUnusableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception without a message.</summary>
    public SourceUnusableException()
    {
    }

    /// <summary>Makes an exception with its cause.</summary>
    public SourceUnusableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
