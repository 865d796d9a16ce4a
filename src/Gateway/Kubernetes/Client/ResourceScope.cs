namespace Gateway.Kubernetes.Client;

/// <summary>Which objects of a type are listed and watched.</summary>
/// <param name="Type">The type.</param>
/// <param name="Namespace">The namespace; null: all.</param>
/// <param name="Labels">A label selector; null: all.</param>
internal sealed record ResourceScope<T>(ResourceType<T> Type, string? Namespace = null, string? Labels = null)
    where T : class, IResource
{
    // 250 EndpointSlices of 100 endpoints are 6 MB, which a page may take.
    private const int PageSize = 250;

    /// <summary>The path of a page.</summary>
    /// <param name="proceed">The page; null: the first.</param>
    public string ListPath(string? proceed) =>
        $"{Type.PathOf(Namespace)}?limit={PageSize}{Selector}"
            + (string.IsNullOrEmpty(proceed) ? "" : $"&continue={Uri.EscapeDataString(proceed)}");

    /// <summary>The path of a watch.</summary>
    /// <param name="version">Events after this version.</param>
    /// <param name="length">After which the server ends the watch.</param>
    public string WatchPath(string version, TimeSpan length) =>
        $"{Type.PathOf(Namespace)}?watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(version)}"
            + $"&timeoutSeconds={(int)length.TotalSeconds}{Selector}";

    private string Selector => Labels is null ? "" : $"&labelSelector={Uri.EscapeDataString(Labels)}";
}
