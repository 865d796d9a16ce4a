using System.Net;

namespace Gateway.Linux;

/// <summary>
/// Whether an address is this host's own (in this network namespace): whether the kernel's routing delivers packets to it here.
/// </summary>
public static class OwnAddress
{
    // Discard; nothing is sent to it.
    private const int AnyPort = 9;

    // For as long as the process lives.
    private static readonly RouteQuery Routes = new();

    /// <summary>
    /// Asks routing (RTN_LOCAL): true for every address of every interface, a subnet's second one included, and for prefixes that are
    /// routed to this host as a whole. Neither the source that the kernel would choose (for a second address that is the first) nor a trial
    /// bind (with net.ipv4.ip_nonlocal_bind every address can be bound) tells that.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="device">
    /// An interface whose VRF is asked: <c>SO_BINDTOIFINDEX</c> of the connection that it is about. Defaults to 0: no VRF. A link-local
    /// address brings its own interface, the zone.
    /// </param>
    /// <returns>
    /// Null if it could not be asked for want of descriptors or memory: that says nothing of the address. False where no route leads to it,
    /// or its family is off. On other systems: whether it is a loopback address.
    /// </returns>
    public static bool? Contains(IPAddress address, int device = 0)
    {
        ArgumentNullException.ThrowIfNull(address);
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(address) || !OperatingSystem.IsLinux())
        {
            return IPAddress.IsLoopback(address);
        }

        // As a destination it means loopback; nobody has it.
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
    /// Where netlink is forbidden (systemd's RestrictAddressFamilies): an address that the kernel takes as the source towards itself is
    /// own; a subnet's second one is not recognised. A connected UDP socket sends nothing.
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
