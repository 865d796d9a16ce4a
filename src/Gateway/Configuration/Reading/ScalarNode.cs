namespace Gateway.Configuration.Reading;

/// <summary>A JSON string, number, boolean or null.</summary>
/// <param name="kind">The kind of scalar in the file.</param>
/// <param name="text">The string's value, or the literal.</param>
/// <param name="variable">The environment variable that the value comes from; null: the file.</param>
internal sealed class ScalarNode(ScalarKind kind, string text, string? variable = null) : ConfigNode
{
    /// <summary>The kind of scalar in the file.</summary>
    public ScalarKind Kind { get; } = kind;

    /// <summary>The string's value, or the literal as written.</summary>
    public string Text { get; } = text;

    /// <summary>The environment variable that the value comes from; null: the file.</summary>
    public string? Variable { get; } = variable;

    /// <inheritdoc/>
    public override string Display => Kind == ScalarKind.String ? ConfigIssue.Quote(Text) : ConfigIssue.Show(Text);
}
