namespace Gateway.Configuration.Reading;

/// <summary>A JSON string, number, boolean or null.</summary>
/// <param name="kind">What the file wrote.</param>
/// <param name="text">The string's value, or the literal.</param>
/// <param name="variable">The environment variable that it comes from; null: the file.</param>
internal sealed class ScalarNode(ScalarKind kind, string text, string? variable = null) : ConfigNode
{
    /// <summary>What the file wrote.</summary>
    public ScalarKind Kind { get; } = kind;

    /// <summary>The string's value, or the literal as written.</summary>
    public string Text { get; } = text;

    /// <summary>The environment variable that it comes from; null: the file.</summary>
    public string? Variable { get; } = variable;

    /// <inheritdoc/>
    public override string Display => Kind == ScalarKind.String ? ConfigIssue.Quote(Text) : ConfigIssue.Show(Text);
}
