namespace Gateway.Configuration.Loading;

/// <summary>Where the configuration comes from: the file and the environment, and nothing else.</summary>
/// <param name="Path">The file.</param>
/// <param name="Text">Its text as it was read at start.</param>
/// <param name="Environment">The environment variables that may overlay it, as they were at start.</param>
internal sealed record ConfigSource(string Path, string Text, IReadOnlyDictionary<string, string> Environment);
