namespace Gateway.Configuration.Loading;

/// <summary>The only sources of the configuration: the file and the environment.</summary>
/// <param name="Path">The file.</param>
/// <param name="Text">The file's text as it was read at start.</param>
/// <param name="Environment">The environment variables that may override values of the file, as they were at start.</param>
internal sealed record ConfigSource(string Path, string Text, IReadOnlyDictionary<string, string> Environment);
