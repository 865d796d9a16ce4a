namespace Gateway.Kubernetes.Client;

/// <summary>The metadata of a list.</summary>
internal sealed record ListMeta
{
    /// <summary>From which version a watch may go on.</summary>
    public string ResourceVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Names the next page; null or empty: this is the last.</summary>
    public string? Continue { get; init; }
}
