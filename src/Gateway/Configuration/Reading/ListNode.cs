namespace Gateway.Configuration.Reading;

/// <summary>A JSON array.</summary>
internal sealed class ListNode : ConfigNode
{
    /// <summary>Its elements.</summary>
    public List<ConfigNode> Elements { get; } = [];

    /// <inheritdoc/>
    public override string Display => Elements.Count == 0 ? "[]" : "[ … ]";
}
