using Gateway.Tcp.Configuration;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Dialing;

/// <summary>A cluster, resolved from <see cref="TcpClusterConfig"/>: where to connect, and how long one attempt may take.</summary>
public sealed class ClusterModel
{
    private int _turn;

    /// <summary>Makes a cluster.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="config">Its section, validated.</param>
    /// <param name="networks">The section <c>Networks</c>; null: none.</param>
    public ClusterModel(string name, TcpClusterConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>>? networks = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        Name = name;
        ConnectTimeout = config.ConnectTimeout;
        if (config.Type == TcpClusterType.OriginalDestination)
        {
            Original = new OriginalDestination(NetworkList.Resolve(config.AllowedDestinations, networks ?? new Dictionary<string, IReadOnlyList<string>>()));
            Destinations = [DestinationModel.Original];
            return;
        }

        Destinations = [.. config.Destinations.Select(static entry => new DestinationModel(entry.Key, entry.Value.Address ?? ""))];
        NeedsNames = Destinations.Any(static destination => destination.Literal is null);
    }

    /// <summary>Its key in <c>Clusters</c>.</summary>
    public string Name { get; }

    /// <summary>Limit of one connect attempt, to one address.</summary>
    public TimeSpan ConnectTimeout { get; }

    /// <summary>Its destinations in the order of the file.</summary>
    public IReadOnlyList<DestinationModel> Destinations { get; }

    /// <summary>Which original destinations may be dialled; null: its destinations are those of the file.</summary>
    internal OriginalDestination? Original { get; }

    /// <summary>Whether any destination is a name.</summary>
    internal bool NeedsNames { get; }

    /// <summary>
    /// Where the next connection starts: connections take the destinations in turn, so that load spreads evenly and a dead destination costs only its
    /// share of connections a failed attempt. The turn starts anew with each configuration.
    /// </summary>
    internal int NextStart() => Destinations.Count < 2 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % (uint)Destinations.Count);
}
