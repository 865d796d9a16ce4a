namespace Gateway.Configuration.Reading;

/// <summary>A value of the file, or one that an environment variable put over it.</summary>
internal abstract class ConfigNode
{
    /// <summary>The value as an issue shows it.</summary>
    public abstract string Display { get; }
}

/// <summary>A JSON object. Member names are unique without regard to case, as everywhere in .NET configuration.</summary>
internal sealed class ObjectNode : ConfigNode
{
    /// <summary>Members in the order of the file.</summary>
    public OrderedDictionary<string, ConfigNode> Members { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Display => Members.Count == 0 ? "{}" : "{ … }";
}

/// <summary>A JSON array.</summary>
internal sealed class ListNode : ConfigNode
{
    /// <summary>Its elements.</summary>
    public List<ConfigNode> Elements { get; } = [];

    /// <inheritdoc/>
    public override string Display => Elements.Count == 0 ? "[]" : "[ … ]";
}

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

/// <summary>Kinds of scalars.</summary>
internal enum ScalarKind
{
    /// <summary><c>null</c></summary>
    Null,

    /// <summary>A quoted string, or an environment variable's value.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c></summary>
    Boolean,
}
