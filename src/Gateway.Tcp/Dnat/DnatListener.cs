using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Dnat;

/// <summary>Where a listener listens, as the kernel has to match it.</summary>
/// <param name="Name">Its key in <c>Listeners</c>.</param>
/// <param name="EndPoint">Address and port; an any-address stands for every address of this machine.</param>
/// <param name="BothFamilies">IPv4 and IPv6 (<c>*:port</c>).</param>
public sealed record DnatListener(string Name, IPEndPoint EndPoint, bool BothFamilies)
{
    /// <summary>Whether it means every address of this machine.</summary>
    internal bool IsAny => EndPoint.Address.Equals(IPAddress.Any) || EndPoint.Address.Equals(IPAddress.IPv6Any);

    /// <summary>The families that it takes.</summary>
    internal IReadOnlyList<AddressFamily> Families =>
        BothFamilies ? [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6] : [EndPoint.AddressFamily];
}
