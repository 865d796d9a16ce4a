namespace Gateway.Configuration.Files;

/// <summary>The result of reading a file: its text, or an error. Exactly one of them is set.</summary>
/// <param name="Text">The file's text.</param>
/// <param name="Error">Why the file cannot be read (removed, no right, not UTF-8).</param>
internal sealed record ConfigFileRead(string? Text, string? Error);
