using System.Net;

namespace Gateway.Linux;

/// <summary>
/// Finds out whether an address belongs to this host (in this network namespace): whether the kernel's routing delivers its packets here.
/// </summary>
public static class OwnAddress
{
    // The port "discard". Nothing is sent to it.
    private const int AnyPort = 9;

    // Never disposed: it lives as long as the process.
    private static readonly RouteQuery Routes = new();

    /// <summary>
    /// Asks the kernel's routing (RTN_LOCAL). True for every address of every interface, including the second address of a subnet, and for
    /// prefixes that are routed to this host as a whole. Two simpler ways fail: the source address that the kernel would choose is the
    /// first address even for a second address, and a trial bind succeeds for every address with net.ipv4.ip_nonlocal_bind.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="device">
    /// An interface whose VRF is asked: <c>SO_BINDTOIFINDEX</c> of the connection in question. Defaults to 0: no VRF. A link-local address
    /// has its own interface, the zone.
    /// </param>
    /// <returns>
    /// Null if no descriptor or memory is left to ask with; that says nothing about the address. False if no route leads to the address, or
    /// its family is off. On other systems: whether it is a loopback address.
    /// </returns>
    public static bool? Contains(IPAddress address, int device = 0)
    {
        ArgumentNullException.ThrowIfNull(address);
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(address) || !OperatingSystem.IsLinux())
        {
            return IPAddress.IsLoopback(address);
        }

        // As a destination the any-address means loopback, but no host has it as its address.
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            return false;
        }

        var result = Routes.IsLocal(address, device != 0 ? device : ZoneOf(address));
        return result >= 0 ? result == 1
            : Errno.IsExhaustion(-result) ? null
            : IsOwnSource(address);
    }

    private static int ZoneOf(IPAddress address) => address.IsIPv6LinkLocal ? (int)address.ScopeId : 0;

    /// <summary>
    /// The fallback if netlink is forbidden (systemd's RestrictAddressFamilies): an address is own if the kernel chooses it as the source
    /// towards itself. The second address of a subnet is not recognised. A connected UDP socket sends nothing.
    /// </summary>
    private static bool? IsOwnSource(IPAddress address)
    {
        var target = SockAddr.From(new IPEndPoint(address, AnyPort));
        var number = Syscalls.DatagramSocket(target.Family);
        if (number < 0)
        {
            return Errno.IsExhaustion(-number) ? null : false;
        }

        using var descriptor = new FileDescriptor(number);
        var fd = descriptor.Hold();
        var source = default(SockAddr);
        var result = Syscalls.Connect(fd, target);
        result = result < 0 ? result : Syscalls.GetSocketName(fd, out source);
        descriptor.Release();
        return result >= 0 ? source.ToIPEndPoint().Address.Equals(address) : Errno.IsExhaustion(-result) ? null : false;
    }
}
