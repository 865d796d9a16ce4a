using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// The order in which objects count: the older object wins a conflict, then the one whose namespace and name come first (Gateway API,
/// guides/api-design, Conflicts).
/// </summary>
internal static class ObjectOrder
{
    /// <summary>Sorts objects, without those that are being deleted.</summary>
    public static IEnumerable<T> Oldest<T>(this IEnumerable<T> objects)
        where T : class, IResource => objects
        .Where(static item => item.Metadata.DeletionTimestamp is null)
        .OrderBy(static item => item.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue)
        .ThenBy(static item => item.Metadata.Namespace, StringComparer.Ordinal)
        .ThenBy(static item => item.Metadata.Name, StringComparer.Ordinal);
}
