using System.Text.Json.Serialization;

namespace Gateway.Kubernetes.Client;

/// <summary>A page of a list.</summary>
internal sealed record ResourceList<T>
    where T : class, IResource
{
    /// <summary>The version and the next page.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects; null: none.</summary>
    public List<T?>? Items { get; init; }

    /// <summary>The objects that cannot be read: which, as far as that can be read, and why.</summary>
    [JsonIgnore]
    public IReadOnlyList<(ResourceKey? Key, string Problem)> Unreadable { get; init; } = [];
}
