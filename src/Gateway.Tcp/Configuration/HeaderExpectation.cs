namespace Gateway.Tcp.Configuration;

/// <summary>Whether trusted peers must send a header.</summary>
public enum HeaderExpectation
{
    /// <summary>Trusted peers always send a header.</summary>
    Required,

    /// <summary>Trusted peers may send a header or none: for migrations.</summary>
    Optional,
}
