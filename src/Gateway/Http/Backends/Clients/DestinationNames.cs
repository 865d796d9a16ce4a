using Yarp.ReverseProxy;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// What the file calls a destination that is connected to: the HTTP client knows its host and port alone. Asked once for each connection.
/// </summary>
/// <param name="services">Where YARP's state is. Not asked before it is needed: YARP needs our HTTP clients first.</param>
internal sealed class DestinationNames(IServiceProvider services)
{
    /// <summary>The key of the cluster's destination at an address; of several with one address any.</summary>
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
                    return name;
                }
            }
        }

        return authority;
    }
}
