using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Dnat;

/// <summary>The address of a listener, as the kernel's rules must match it.</summary>
/// <param name="Name">The key of the listener in <c>Listeners</c>.</param>
/// <param name="EndPoint">Address and port. An any-address stands for every address of this machine.</param>
/// <param name="BothFamilies">Whether the listener takes IPv4 and IPv6 (<c>*:port</c>).</param>
public sealed record DnatListener(string Name, IPEndPoint EndPoint, bool BothFamilies)
{
    /// <summary>Whether the listener has every address of this machine.</summary>
    internal bool IsAny => EndPoint.Address.Equals(IPAddress.Any) || EndPoint.Address.Equals(IPAddress.IPv6Any);

    /// <summary>The address families of the listener.</summary>
    internal IReadOnlyList<AddressFamily> Families =>
        BothFamilies ? [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6] : [EndPoint.AddressFamily];

    /// <summary>Whether clients that connect to an address reach this listener.</summary>
    internal bool Takes(IPEndPoint destination) =>
        EndPoint.Port == destination.Port
        && (IsAny ? Families.Contains(destination.AddressFamily) : EndPoint.Address.Equals(destination.Address));
}
