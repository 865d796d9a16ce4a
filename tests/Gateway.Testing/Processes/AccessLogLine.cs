namespace Gateway.Testing.Processes;

/// <summary>One line of the access log (category Gateway.Access).</summary>
public sealed class AccessLogLine
{
    private readonly string _folded;

    private AccessLogLine(string text)
    {
        Text = text;
        _folded = Fold(text);
    }

    /// <summary>The line.</summary>
    public string Text { get; }

    /// <summary>Reads a line, or null if it is none of the access log's.</summary>
    public static AccessLogLine? Parse(string line) => line.Contains("Gateway.Access", StringComparison.Ordinal) ? new AccessLogLine(line) : null;

    /// <summary>Whether the line has all of these; client_fin and ClientFin are the same.</summary>
    public bool Mentions(params string[] words) => words.All(w => _folded.Contains(Fold(w), StringComparison.Ordinal));

    /// <inheritdoc />
    public override string ToString() => Text;

    private static string Fold(string text) => text.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
