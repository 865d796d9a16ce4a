using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// The results of the health checks of a destination. Its checker writes them; the data plane reads them without a lock. They outlive a
/// reload that leaves the destination and the rules of its checks as they are.
/// </summary>
internal sealed class DestinationHealth
{
    // Up to this many addresses a search is as fast as a look-up.
    private const int Few = 8;

    private volatile AddressHealth[] _addresses = [];
    private volatile Dictionary<IPEndPoint, AddressHealth>? _byAddress;
    // A destination may be used until its first check has ended.
    private volatile bool _isHealthy = true;

    /// <summary>Whether any address of the destination is healthy; true until the first verdict.</summary>
    public bool IsHealthy => _isHealthy;

    /// <summary>The addresses of the destination, healthy or not.</summary>
    public IReadOnlyList<AddressHealth> Addresses => _addresses;

    /// <summary>The first healthy address of a family; null: there is none, or none is known yet.</summary>
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

    /// <summary>Whether checks have found this address dead. False for an address that is not checked.</summary>
    public bool IsBad(IPEndPoint endPoint)
    {
        // A dial asks for each address of a Service, which may have thousands.
        if (_byAddress is { } byAddress)
        {
            return byAddress.TryGetValue(endPoint, out var found) && !found.IsHealthy;
        }

        foreach (var address in _addresses)
        {
            if (address.Address.Equals(endPoint))
            {
                return !address.IsHealthy;
            }
        }

        return false;
    }

    /// <summary>Whether checks have taken this address out of use. False for an address that has no verdict yet.</summary>
    public bool IsDown(IPEndPoint endPoint) =>
        Array.Exists(_addresses, address => address.IsDown && address.Address.Equals(endPoint));

    /// <summary>Takes over the results of the newest round of checks.</summary>
    public void Publish(AddressHealth[] addresses)
    {
        _byAddress = addresses.Length > Few ? addresses.ToDictionary(static address => address.Address) : null;
        _addresses = addresses;
        _isHealthy = Array.Exists(addresses, static address => address.IsHealthy);
    }
}
