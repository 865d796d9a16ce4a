namespace Gateway.Tcp.Configuration;

/// <summary>What trusted peers send.</summary>
public enum HeaderExpectation
{
    /// <summary>Always a header.</summary>
    Required,

    /// <summary>A header or none: for migrations.</summary>
    Optional,
}
