namespace Gateway.Tcp.Configuration;

/// <summary>Something that a configuration asks for and that this host or process does not have.</summary>
/// <param name="KeyPath">The key that asks for it, as <c>TcpProxy:Routes:redis:SourceIp:Mode</c>; empty: the whole file does.</param>
/// <param name="What">What is missing.</param>
/// <param name="Cure">What to do; null: <paramref name="What"/> says it.</param>
public sealed record Finding(string KeyPath, string What, string? Cure = null)
{
    /// <summary>As one sentence, for a log line.</summary>
    public override string ToString() => (KeyPath.Length == 0 ? What : $"{KeyPath}: {What}") + (Cure is null ? "" : $". {Cure}");
}
