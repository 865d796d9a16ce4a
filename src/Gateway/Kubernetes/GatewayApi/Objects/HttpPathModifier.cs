namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>How a path is changed.</summary>
internal sealed record HttpPathModifier
{
    /// <summary><c>ReplaceFullPath</c> or <c>ReplacePrefixMatch</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>ReplaceFullPath: the new path.</summary>
    public string? ReplaceFullPath { get; init; }

    /// <summary>ReplacePrefixMatch: what stands in place of the prefix that matched.</summary>
    public string? ReplacePrefixMatch { get; init; }
}
