using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>References with all that they leave out.</summary>
internal static class WholeReference
{
    /// <summary>A reference as statuses have it. Two references to the same are equal.</summary>
    /// <param name="parent">The reference.</param>
    /// <param name="ns">The namespace of the route.</param>
    public static ParentRef Whole(this ParentRef parent, string ns) => parent with
    {
        Group = parent.Group ?? ApiNames.Group,
        Kind = parent.Kind ?? ApiNames.Gateway,
        Namespace = string.IsNullOrEmpty(parent.Namespace) ? ns : parent.Namespace,
        SectionName = string.IsNullOrEmpty(parent.SectionName) ? null : parent.SectionName,
    };
}
