using System.Net;
using Gateway.Tcp.Clusters;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <content>The single addresses of a destination that is a name.</content>
internal sealed partial class PassiveHealth
{
    /// <summary>Whether an address gets its turn last, because connects to it fail.</summary>
    public bool IsAvoided(ClusterModel cluster, AddressState address) =>
        cluster.Passive is not null && address.IsFailing && address.IsAvoided(Now);

    /// <summary>Begins an attempt at an address; false: another dial tries the failing address already.</summary>
    public bool TryBegin(ClusterModel cluster, AddressState address, bool asLast) =>
        cluster.Passive is not { } rules
            || !address.IsFailing
            || address.TryBegin(Now, rules.EjectionTime + cluster.ConnectTimeout, asLast);

    /// <summary>
    /// Notes that an address did not take a connection. Not called for failures of the gateway. The share of addresses that are avoided at
    /// once has the same limit as the share of destinations, so that the addresses that are left do not get the load of all.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">One of its destinations.</param>
    /// <param name="address">One of the addresses of this destination.</param>
    /// <param name="why">The cause, in a word or two.</param>
    /// <param name="source">The client's address, if the connect came from this address; null: it came from our own address.</param>
    public void Failed(ClusterModel cluster, DestinationModel destination, AddressState address, string why, IPAddress? source)
    {
        if (cluster.Passive is not { } rules)
        {
            return;
        }

        var addresses = destination.State.Addresses.Current;
        if (addresses.Count < 2)
        {
            return;
        }

        if ((address.IsAvoided(Now) || MayAvoidAnother(rules, addresses, address))
            && address.Failed(rules, Now, source) is > 0 and var failures)
        {
            Log.AddressAvoided(_logger, cluster.Name, destination.Name, address.Address, why, failures, rules.EjectionTime);
        }
    }

    private bool MayAvoidAnother(PassiveRules rules, IReadOnlyCollection<AddressState> addresses, AddressState address) =>
        rules.AllowsAnother(addresses.Count, addresses.Count(other => other != address && other.IsAvoided(Now)));

    private static partial class Log
    {
        [LoggerMessage(
            2037,
            LogLevel.Information,
            "Cluster {Cluster}: connects to the address {Address} of destination {Destination} fail ({Why}, {Failures} in a row). "
                + "The other addresses of the name go first; every {Time} one connection tries it"
        )]
        public static partial void AddressAvoided(
            ILogger logger,
            string cluster,
            string destination,
            IPEndPoint address,
            string why,
            int failures,
            TimeSpan time);
    }
}
