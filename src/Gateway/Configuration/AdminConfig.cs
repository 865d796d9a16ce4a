namespace Gateway.Configuration;

/// <summary>The admin listener (<c>Admin</c>).</summary>
public sealed record AdminConfig
{
    /// <summary>The address, in the form of <see cref="ListenerConfig.Address"/>. Defaults to 127.0.0.1:9901.</summary>
    public string Address { get; init; } = "127.0.0.1:9901";
}
