using System.Net.Sockets;

namespace Gateway.Linux.Netfilter;

/// <summary>
/// Whether this network namespace passes on packets that are not for itself. IPv4 asks the switch of the interface on which a packet
/// arrives, and no other; net.ipv4.ip_forward sets all of them, and can be followed by one that takes it back. IPv6 asks the common one: an
/// interface's own makes it a router in the eyes of its neighbours.
/// </summary>
public static class ForwardingSwitches
{
    private const string InterfacesFolder = "/proc/sys/net/ipv4/conf";

    // The template of new interfaces, the common switch, and the one that forwards nothing.
    private static readonly string[] NoInterfaces = ["all", "default", "lo"];

    /// <summary>The name of a family's switch, as sysctl(8) writes it.</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public static string NameOf(AddressFamily family) =>
        family == AddressFamily.InterNetworkV6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";

    /// <summary>The name of an interface's switch; one with a dot in its name is written with a slash there.</summary>
    /// <param name="interfaceName">The interface.</param>
    public static string NameOf(string interfaceName)
    {
        ArgumentNullException.ThrowIfNull(interfaceName);
        return $"net.ipv4.conf.{interfaceName.Replace('.', '/')}.forwarding";
    }

    /// <summary>Whether it is on, for one interface at least; false where it cannot be read (no such family, another system).</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public static bool IsOn(AddressFamily family)
    {
        var interfaces = family == AddressFamily.InterNetwork ? Read(InterfacesFolder) : [];
        return interfaces.Count == 0 ? IsSet("/proc/sys/" + NameOf(family).Replace('.', '/')) : interfaces.Any(static one => one.IsOn);
    }

    /// <summary>Interfaces from which IPv4 packets are not forwarded, while they are from others.</summary>
    public static IReadOnlyList<string> InterfacesOff() => InterfacesOff(InterfacesFolder);

    /// <summary>The same, of another folder than the kernel's.</summary>
    internal static IReadOnlyList<string> InterfacesOff(string folder)
    {
        var interfaces = Read(folder);
        return interfaces.Any(static one => one.IsOn)
            ? [.. interfaces.Where(static one => !one.IsOn).Select(static one => one.Name).Order(StringComparer.Ordinal)]
            : [];
    }

    private static IReadOnlyList<(string Name, bool IsOn)> Read(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Select(static path => Path.GetFileName(path)).Except(NoInterfaces)
                .Select(name => (name, IsSet(Path.Combine(folder, name, "forwarding"))))];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsSet(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is "1" or "2";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
