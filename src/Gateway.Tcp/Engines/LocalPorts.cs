using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The ports from which the kernel takes one for a socket that connects (net.ipv4.ip_local_port_range). A connect to one of them on this host, where nobody listens, can succeed: with itself
/// (simultaneous open, RFC 9293 3.5, case 2), as soon as the kernel picks the destination's own port. Who then waits for the backend talks to himself, and the backend cannot bind its port again.
/// </summary>
public static class LocalPorts
{
    private const string Path = "/proc/sys/net/ipv4/ip_local_port_range";

    private static readonly (int First, int Last) Range = Parse(TryRead());

    /// <summary>To be asked of each connection that was opened.</summary>
    /// <returns>Whether it is one with itself: nobody listens there, and it counts as refused.</returns>
    internal static bool IsSelf(Socket connected) =>
        connected.RemoteEndPoint is IPEndPoint remote && Holds(remote.Port) && remote.Equals(connected.LocalEndPoint);

    /// <summary>Whether the kernel may pick this port.</summary>
    internal static bool Holds(int port) => port >= Range.First && port <= Range.Last;

    /// <summary>All ports, if the range cannot be had: then every connection is looked at.</summary>
    internal static (int First, int Last) Parse(string? text)
    {
        var words = text?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length == 2 && int.TryParse(words[0], CultureInfo.InvariantCulture, out var first) && int.TryParse(words[1], CultureInfo.InvariantCulture, out var last)
            ? (first, last)
            : (IPEndPoint.MinPort, IPEndPoint.MaxPort);
    }

    private static string? TryRead()
    {
        try
        {
            return File.ReadAllText(Path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
