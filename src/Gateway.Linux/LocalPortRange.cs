using System.Globalization;

namespace Gateway.Linux;

/// <summary>
/// The ports from which the kernel chooses the source port of a socket that connects (ip-sysctl.rst: net.ipv4.ip_local_port_range), in this
/// network namespace. IPv6 uses the same range.
/// </summary>
public static class LocalPortRange
{
    private const string RangeFile = "/proc/sys/net/ipv4/ip_local_port_range";
    private const string ReservedFile = "/proc/sys/net/ipv4/ip_local_reserved_ports";

    /// <summary>The first and the last port; null if they cannot be read.</summary>
    public static (int First, int Last)? Read() => Parse(TryRead(RangeFile));

    /// <summary>
    /// The ports that the kernel leaves out of the range (ip_local_reserved_ports), as <c>8080,9148-9150</c>. Empty: none, or they cannot
    /// be read.
    /// </summary>
    public static string ReadReserved() => TryRead(ReservedFile).Trim();

    /// <summary>Parses the text of the file; null if it is not a range.</summary>
    public static (int First, int Last)? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2
            && ushort.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ushort.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first <= last
                ? (first, last)
                : null;
    }

    private static string TryRead(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
