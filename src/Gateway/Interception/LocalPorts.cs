using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// The ports that the kernel gives to connections of this host (ip-sysctl.rst: ip_local_port_range, ip_local_reserved_ports; IPv6 has the same). A server's answers can be told from what the
/// host sends itself only by the port they come from: so servers may have no port of these.
/// </summary>
/// <param name="Range">What it chooses from.</param>
/// <param name="Reserved">What it leaves out.</param>
internal sealed record LocalPorts(PortRange Range, IReadOnlyList<PortRange> Reserved)
{
    private const string RangeFile = "/proc/sys/net/ipv4/ip_local_port_range";
    private const string ReservedFile = "/proc/sys/net/ipv4/ip_local_reserved_ports";

    /// <summary>The kernel's defaults.</summary>
    public static LocalPorts Default { get; } = new(new PortRange(32768, 60999), []);

    /// <summary>Where servers listen, if nobody says it: below the range.</summary>
    public IReadOnlyList<PortRange> ServerPorts => Range.First > 1 ? [new PortRange(1, Range.First - 1)] : [];

    /// <summary>This network namespace's; the defaults where they cannot be read.</summary>
    public static LocalPorts Read()
    {
        try
        {
            return File.Exists(RangeFile) ? Parse(File.ReadAllText(RangeFile), File.Exists(ReservedFile) ? File.ReadAllText(ReservedFile) : "") : Default;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return Default;
        }
    }

    /// <summary>The same from the files' texts.</summary>
    internal static LocalPorts Parse(string range, string reserved)
    {
        var ends = range.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return ends.Length == 2 && PortRange.TryParse($"{ends[0]}-{ends[1]}", out var parsed)
            ? new LocalPorts(parsed, [.. reserved.Trim().Split(',').Select(part => PortRange.TryParse(part, out var one) ? one : (PortRange?)null).OfType<PortRange>()])
            : Default;
    }

    /// <summary>Those of some servers' ports that the kernel may choose.</summary>
    public IReadOnlyList<PortRange> In(IReadOnlyList<PortRange> ports) => PortRanges.Subtract(ports, PortRanges.Subtract([PortRange.All], PortRanges.Subtract([Range], Reserved)));

    /// <summary>What is wrong with turning round what comes from some ports, with the cure; null: nothing.</summary>
    public string? Refuse(IReadOnlyList<PortRange> ports)
    {
        var both = In(ports);
        return both.Count == 0
            ? null
            : $"ports {string.Join(", ", both)} are among those that the kernel gives to this host's own connections (net.ipv4.ip_local_port_range is {Range}): "
                + "what these send would come back here as if it were the application's answers";
    }

    /// <summary>The command that keeps the kernel from choosing them.</summary>
    public string Cure(IReadOnlyList<PortRange> ports) =>
        $"sysctl -w net.ipv4.ip_local_reserved_ports={string.Join(',', PortRanges.Join([.. Reserved, .. In(ports)]))} "
        + "(Kubernetes: securityContext.sysctls, or a narrower net.ipv4.ip_local_port_range), "
        + "or only ports outside of it in Match:DestinationPorts";
}
