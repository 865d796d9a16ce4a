namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a second header behind the first.</summary>
public enum NestedHeaderAction
{
    /// <summary>The connection is refused.</summary>
    Reject,

    /// <summary>The second header is payload and reaches the backend.</summary>
    Pass,
}
