namespace Gateway.Configuration.Reading;

/// <summary>A JSON array.</summary>
internal sealed class ListNode : ConfigNode
{
    /// <summary>The elements of the array.</summary>
    public List<ConfigNode> Elements { get; } = [];

    /// <inheritdoc/>
    public override string Display => Elements.Count == 0 ? "[]" : "[ … ]";
}
