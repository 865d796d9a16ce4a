using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// What checks say of a destination. Written by its checker, read by the data plane without a lock. Outlives reloads that leave the
/// destination and the rules of its checks as they are.
/// </summary>
internal sealed class DestinationHealth
{
    private volatile AddressHealth[] _addresses = [];
    // A check that has not ended says nothing against anybody.
    private volatile bool _isHealthy = true;

    /// <summary>Whether any of its addresses is healthy; true until the first verdict.</summary>
    public bool IsHealthy => _isHealthy;

    /// <summary>Its addresses, healthy or not.</summary>
    public IReadOnlyList<AddressHealth> Addresses => _addresses;

    /// <summary>The first healthy address of a family; null: none, or not known yet.</summary>
    public IPEndPoint? Target(AddressFamily family)
    {
        foreach (var address in _addresses)
        {
            if (address.IsHealthy && address.Address.AddressFamily == family)
            {
                return address.Address;
            }
        }

        return null;
    }

    /// <summary>Whether checks have found this address dead. One that they do not know is not.</summary>
    public bool IsBad(IPEndPoint endPoint)
    {
        foreach (var address in _addresses)
        {
            if (address.Address.Equals(endPoint))
            {
                return !address.IsHealthy;
            }
        }

        return false;
    }

    /// <summary>Takes over the newest round of checks.</summary>
    public void Publish(AddressHealth[] addresses)
    {
        _addresses = addresses;
        _isHealthy = Array.Exists(addresses, static address => address.IsHealthy);
    }
}
