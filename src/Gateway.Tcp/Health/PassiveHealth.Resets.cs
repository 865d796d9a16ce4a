using System.Net;
using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Health;

/// <content>Connections that were reset before the first byte of an answer.</content>
internal sealed partial class PassiveHealth
{
    private const string EarlyReset = "reset before an answer";

    /// <summary>Notes that a connection has got an answer.</summary>
    public static void Answered(DestinationModel destination, AddressState? address)
    {
        destination.State.Passive.Resets.Answered();
        address?.Resets.Answered();
    }

    /// <summary>Notes that a destination has reset a connection before the first byte of an answer.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="address">The address, if the destination is a name. One of several addresses answers for itself alone.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="acceptedAt">When the client's connection was accepted.</param>
    /// <param name="hasAnswered">Whether a connection that was accepted at this time or later has got bytes of an answer.</param>
    public void ResetEarly(
        ClusterModel cluster,
        DestinationModel destination,
        AddressState? address,
        IPAddress client,
        long acceptedAt,
        Func<long, bool> hasAnswered)
    {
        destination.State.Failed(EarlyReset);
        if (cluster.Passive is not { } rules)
        {
            return;
        }

        if (address is not null && destination.State.Addresses.Current is { Count: > 1 } addresses)
        {
            if (!address.IsAvoided(Now) && MayAvoidAnother(rules, addresses, address)
                && address.Resets.Count(rules.Failures, Now, client, acceptedAt, hasAnswered))
            {
                address.Avoid(rules, Now);
                Log.AddressAvoided(
                    _logger, cluster.Name, destination.Name, address.Address, EarlyReset, rules.Failures, rules.EjectionTime);
            }

            return;
        }

        var state = destination.State.Passive;
        if (!state.IsFailing && state.Resets.Count(rules.Failures, Now, client, acceptedAt, hasAnswered) && state.Begin(rules, Now))
        {
            LeaveOut(cluster, destination, rules, EarlyReset, rules.Failures);
        }
    }
}
