using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Which references to other namespaces are allowed.</summary>
internal sealed class Grants(IEnumerable<GrantObject> grants)
{
    private readonly ILookup<string, GrantObject> _byNamespace = grants.ToLookup(static grant => grant.Metadata.Namespace);

    /// <summary>Whether an object of the Gateway API may refer to an object of the core group. Within a namespace everything may.</summary>
    public bool Allow(string fromKind, string fromNamespace, string toKind, string toNamespace, string toName) =>
        fromNamespace == toNamespace || _byNamespace[toNamespace].Any(grant =>
            (grant.Spec.From ?? []).Any(from =>
                from.Group == ApiNames.Group && from.Kind == fromKind && from.Namespace == fromNamespace)
            && (grant.Spec.To ?? []).Any(to =>
                to.Group.Length == 0 && to.Kind == toKind && (string.IsNullOrEmpty(to.Name) || to.Name == toName)));
}
