using Gateway.Kubernetes.Endpoints;
using Yarp.ReverseProxy;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Finds the name of a destination in the configuration file, because the HTTP client knows only its host and port. Called once for each
/// connection.
/// </summary>
/// <param name="services">Holds YARP's state, which is resolved late because YARP needs our HTTP clients first.</param>
internal sealed class DestinationNames(IServiceProvider services)
{
    /// <summary>The key of the cluster's destination with this address. If several have the same address, any of them.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="authority"><c>host:port</c>.</param>
    public string Of(string cluster, string authority)
    {
        if (services.GetRequiredService<IProxyStateLookup>().TryGetCluster(cluster, out var state))
        {
            foreach (var (name, destination) in state.Destinations)
            {
                if (Uri.TryCreate(destination.Model?.Config.Address, UriKind.Absolute, out var uri)
                    && $"{uri.IdnHost}:{uri.Port}".Equals(authority, StringComparison.OrdinalIgnoreCase))
                {
                    return PodDestination.NameOf(name);
                }
            }
        }

        return authority;
    }
}
