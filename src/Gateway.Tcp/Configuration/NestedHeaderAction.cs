namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a header behind a header.</summary>
public enum NestedHeaderAction
{
    /// <summary>The connection is refused.</summary>
    Reject,

    /// <summary>It is payload, and reaches the backend.</summary>
    Pass,
}
