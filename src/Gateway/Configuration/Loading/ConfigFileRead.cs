namespace Gateway.Configuration.Loading;

/// <summary>What a watcher found: a new text, or that the file cannot be read. Exactly one of them is set.</summary>
/// <param name="Text">The file's text.</param>
/// <param name="Error">Why it cannot be read (vanished, no right, not UTF-8).</param>
internal sealed record ConfigFileRead(string? Text, string? Error);
