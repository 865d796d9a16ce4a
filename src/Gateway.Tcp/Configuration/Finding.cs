namespace Gateway.Tcp.Configuration;

/// <summary>A requirement of the configuration that this host or process does not meet.</summary>
/// <param name="KeyPath">The key that has the requirement, as <c>TcpProxy:Routes:redis:SourceIp:Mode</c>; empty: the whole file.</param>
/// <param name="What">What is missing.</param>
/// <param name="Cure">What to do; null: <paramref name="What"/> tells that too.</param>
public sealed record Finding(string KeyPath, string What, string? Cure = null)
{
    /// <summary>The finding as text, for a log line.</summary>
    public override string ToString() => (KeyPath.Length == 0 ? What : $"{KeyPath}: {What}") + (Cure is null ? "" : $". {Cure}");
}
