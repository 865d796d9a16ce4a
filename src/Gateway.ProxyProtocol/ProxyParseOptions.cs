namespace Gateway.ProxyProtocol;

/// <summary>What a parse takes.</summary>
public sealed record ProxyParseOptions
{
    /// <summary>Both versions, 4096 bytes.</summary>
    public static ProxyParseOptions Default { get; } = new();

    /// <summary>
    /// The longest header that is taken, in bytes, fixed part included. Defaults to 4096, as nginx does. 65551 (16 + 65535) is the longest
    /// that version 2 can announce; a version 1 line never exceeds 107, whatever stands here.
    /// </summary>
    public int MaxHeaderBytes { get; init; } = 4096;

    /// <summary>Whether version 1 is taken. Defaults to true.</summary>
    public bool AllowV1 { get; init; } = true;

    /// <summary>
    /// Whether a version 1 line may have a destination of the other family than it says, as nginx's stream module writes them for clients
    /// that another proxy has named (<c>PROXY TCP6 2001:db8::7 127.0.0.1 …</c>). The specification does not have them. Defaults to false.
    /// </summary>
    public bool AllowMixedFamilies { get; init; }

    /// <summary>Whether version 2 is taken. Defaults to true.</summary>
    public bool AllowV2 { get; init; } = true;
}
