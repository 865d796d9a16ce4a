using System.Net.Sockets;

namespace Gateway.Linux.Netfilter;

/// <summary>Whether this network namespace passes on packets that are not for itself.</summary>
public static class ForwardingSwitches
{
    /// <summary>The name of a family's switch, as sysctl(8) writes it.</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public static string NameOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";

    /// <summary>Whether it is on; false where it cannot be read (no such family, another system).</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public static bool IsOn(AddressFamily family)
    {
        try
        {
            return File.ReadAllText("/proc/sys/" + NameOf(family).Replace('.', '/')).Trim() is "1" or "2";
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
