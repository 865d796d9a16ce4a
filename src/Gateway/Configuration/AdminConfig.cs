namespace Gateway.Configuration;

/// <summary>The admin listener (<c>Admin</c>): health, metrics, self-test, the API and the status page.</summary>
public sealed record AdminConfig
{
    /// <summary>The address, in the form of <see cref="ListenerConfig.Address"/>. Defaults to 127.0.0.1:9901.</summary>
    public string Address { get; init; } = "127.0.0.1:9901";

    /// <summary>
    /// The file with the token that requests need which change something (close a connection, drain a destination): an absolute path. The
    /// token is the file's text without surrounding blanks, at least 16 characters. The file is read at each such request. Defaults to
    /// null: the API is read only.
    /// </summary>
    public string? TokenPath { get; init; }
}
