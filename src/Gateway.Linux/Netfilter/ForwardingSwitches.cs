using System.Net.Sockets;

namespace Gateway.Linux.Netfilter;

/// <summary>
/// Finds out whether this network namespace forwards packets that are not for itself.
/// 1. For IPv4, only the switch of the interface on which a packet arrives counts. net.ipv4.ip_forward sets the switches of all interfaces,
/// and a later write may clear the switch of one interface again.
/// 2. For IPv6, the common switch counts. The switch of an interface only makes this host appear as a router to the neighbours on that
/// interface.
/// </summary>
public static class ForwardingSwitches
{
    private const string InterfacesFolder = "/proc/sys/net/ipv4/conf";

    // "all" is the common switch, "default" is the template of new interfaces, and "lo" forwards nothing.
    private static readonly string[] NoInterfaces = ["all", "default", "lo"];

    /// <summary>The name of a family's switch, as sysctl(8) writes it.</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public static string NameOf(AddressFamily family) =>
        family == AddressFamily.InterNetworkV6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";

    /// <summary>The name of an interface's switch. A dot in the interface's name is written as a slash.</summary>
    /// <param name="interfaceName">The interface.</param>
    public static string NameOf(string interfaceName)
    {
        ArgumentNullException.ThrowIfNull(interfaceName);
        return $"net.ipv4.conf.{interfaceName.Replace('.', '/')}.forwarding";
    }

    /// <summary>Whether forwarding is on for at least one interface; false if it cannot be read (no such family, another system).</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public static bool IsOn(AddressFamily family)
    {
        var interfaces = family == AddressFamily.InterNetwork ? Read(InterfacesFolder) : [];
        return interfaces.Count == 0 ? IsSet("/proc/sys/" + NameOf(family).Replace('.', '/')) : interfaces.Any(static one => one.IsOn);
    }

    /// <summary>Interfaces from which IPv4 packets are not forwarded, while packets from other interfaces are.</summary>
    public static IReadOnlyList<string> InterfacesOff() => InterfacesOff(InterfacesFolder);

    /// <summary>The same for a given folder instead of the kernel's.</summary>
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
