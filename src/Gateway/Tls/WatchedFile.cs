namespace Gateway.Tls;

/// <summary>A file that the configuration names.</summary>
/// <param name="KeyPath">The key that names it.</param>
/// <param name="Path">Where it is.</param>
internal sealed record WatchedFile(string KeyPath, string Path);
