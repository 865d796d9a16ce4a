namespace Gateway.Kubernetes.Client;

/// <summary>
/// An object of the API. A type has only the fields that the gateway reads: all others are skipped and cost nothing but the reading.
/// </summary>
internal interface IResource
{
    /// <summary>Name, namespace, version, labels.</summary>
    ObjectMeta Metadata { get; }
}
