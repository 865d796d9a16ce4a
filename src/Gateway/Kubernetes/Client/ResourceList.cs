namespace Gateway.Kubernetes.Client;

/// <summary>A page of a list.</summary>
internal sealed record ResourceList<T>
    where T : class, IResource
{
    /// <summary>The version and the next page.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects; null: none.</summary>
    public List<T?>? Items { get; init; }
}
