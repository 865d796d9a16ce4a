using System.Net;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>The ids of YARP's destinations that are pods: <c>web[10.0.0.5:8080]</c>. No name in the configuration has a bracket.</summary>
internal static class PodDestination
{
    /// <summary>The id of a pod.</summary>
    /// <param name="destination">The destination in the configuration.</param>
    /// <param name="address">The address of the pod.</param>
    public static string IdOf(string destination, IPEndPoint address) => $"{destination}[{address}]";

    /// <summary>
    /// The destination in the configuration. Labels of metrics have it: each pod that comes and goes would be a series for ever.
    /// </summary>
    public static string NameOf(string id) => id.IndexOf('[') is > 0 and var end ? id[..end] : id;
}
