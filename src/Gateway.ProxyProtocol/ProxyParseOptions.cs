namespace Gateway.ProxyProtocol;

/// <summary>Which headers a parse accepts.</summary>
public sealed record ProxyParseOptions
{
    /// <summary>The defaults: both versions, at most 4096 bytes.</summary>
    public static ProxyParseOptions Default { get; } = new();

    /// <summary>
    /// The greatest length of a header, in bytes, fixed part included. Defaults to 4096, as in nginx. Version 2 can announce at most 65551
    /// (16 + 65535). A version 1 line never exceeds 107, whatever this option says.
    /// </summary>
    public int MaxHeaderBytes { get; init; } = 4096;

    /// <summary>Whether version 1 is accepted. Defaults to true.</summary>
    public bool AllowV1 { get; init; } = true;

    /// <summary>
    /// Whether the destination in a version 1 line may be of the other family than the line announces. nginx's stream module writes such
    /// lines for clients that another proxy has named (<c>PROXY TCP6 2001:db8::7 127.0.0.1 …</c>). The specification does not allow them.
    /// Defaults to false.
    /// </summary>
    public bool AllowMixedFamilies { get; init; }

    /// <summary>Whether version 2 is accepted. Defaults to true.</summary>
    public bool AllowV2 { get; init; } = true;
}
