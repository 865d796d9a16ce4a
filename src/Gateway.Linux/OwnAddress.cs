using System.Net;
using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>Whether an address is this host's own (in this network namespace), as the kernel's routing sees it.</summary>
public static class OwnAddress
{
    // Discard; nothing is sent to it.
    private const int AnyPort = 9;

    /// <summary>
    /// Asks which source the kernel would take towards the address: for an own one it is the address itself (ip_route_output_key: local routes; RFC 6724, rule 1).
    /// A connected UDP socket sends nothing. Not by trying to bind it: with net.ipv4.ip_nonlocal_bind every address can be bound. Costs four system calls.
    /// </summary>
    /// <param name="address">The address, not v4-mapped.</param>
    /// <returns>
    /// Null if it could not be asked for want of descriptors or memory: that says nothing of the address. False where no route leads to it, or its family is off. On other systems: whether
    /// it is a loopback address.
    /// </returns>
    public static bool? Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        // All of 127.0.0.0/8 is, though its packets come from 127.0.0.1.
        if (IPAddress.IsLoopback(address) || !OperatingSystem.IsLinux())
        {
            return IPAddress.IsLoopback(address);
        }

        var number = Syscalls.DatagramSocket(address.AddressFamily == AddressFamily.InterNetworkV6 ? SockAddr.InterNetworkV6 : SockAddr.InterNetwork);
        if (number < 0)
        {
            return Errno.IsExhaustion(-number) ? null : false;
        }

        using var descriptor = new FileDescriptor(number);
        var fd = descriptor.Hold();
        var source = default(SockAddr);
        var result = Syscalls.Connect(fd, SockAddr.From(new IPEndPoint(address, AnyPort)));
        result = result < 0 ? result : Syscalls.GetSocketName(fd, out source);
        descriptor.Release();
        return result >= 0 ? source.ToIPEndPoint().Address.Equals(address) : Errno.IsExhaustion(-result) ? null : false;
    }
}
