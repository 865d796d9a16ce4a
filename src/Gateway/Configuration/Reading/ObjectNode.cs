namespace Gateway.Configuration.Reading;

/// <summary>A JSON object. Member names are compared without case, as everywhere in .NET configuration.</summary>
internal sealed class ObjectNode : ConfigNode
{
    /// <summary>The members in the order of the file.</summary>
    public OrderedDictionary<string, ConfigNode> Members { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Display => Members.Count == 0 ? "{}" : "{ … }";
}
