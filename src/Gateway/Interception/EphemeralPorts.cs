using Gateway.Linux;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// The local ports that the kernel gives to connections of this host (<see cref="LocalPortRange"/>). Diverted servers must not use these
/// ports, because only the source port tells a server's answers from packets of the host's own connections.
/// </summary>
/// <param name="Range">The range that the kernel chooses from.</param>
/// <param name="Reserved">The ports that the kernel leaves out.</param>
internal sealed record EphemeralPorts(PortRange Range, IReadOnlyList<PortRange> Reserved)
{
    /// <summary>The kernel's defaults.</summary>
    public static EphemeralPorts Default { get; } = new(new PortRange(32768, 60999), []);

    /// <summary>The default ports of servers: all ports below the range.</summary>
    public IReadOnlyList<PortRange> ServerPorts => Range.First > 1 ? [new PortRange(1, Range.First - 1)] : [];

    /// <summary>Reads the ports of this network namespace; the defaults if they cannot be read.</summary>
    public static EphemeralPorts Read() => Of(LocalPortRange.Read(), LocalPortRange.ReadReserved());

    /// <summary>Reads the ports from the texts of the kernel's files.</summary>
    internal static EphemeralPorts Parse(string range, string reserved) => Of(LocalPortRange.Parse(range), reserved);

    /// <summary>The ports of a list that the kernel may choose.</summary>
    public IReadOnlyList<PortRange> In(IReadOnlyList<PortRange> ports) =>
        PortRanges.Subtract(ports, PortRanges.Subtract([PortRange.All], PortRanges.Subtract([Range], Reserved)));

    /// <summary>Why answers from these ports must not be diverted; null if they may be.</summary>
    public string? Refuse(IReadOnlyList<PortRange> ports)
    {
        var both = In(ports);
        return both.Count == 0
            ? null
            : $"ports {string.Join(", ", both)} are among those that the kernel gives to this host's own connections "
                + $"(net.ipv4.ip_local_port_range is {Range}): "
                + "what these send would come back here as if it were the application's answers";
    }

    /// <summary>The command that stops the kernel from choosing these ports.</summary>
    public string Cure(IReadOnlyList<PortRange> ports) =>
        $"sysctl -w net.ipv4.ip_local_reserved_ports={string.Join(',', PortRanges.Join([.. Reserved, .. In(ports)]))} "
        + "(Kubernetes: securityContext.sysctls, or a narrower net.ipv4.ip_local_port_range), "
        + "or only ports outside of it in Match:DestinationPorts";

    private static EphemeralPorts Of((int First, int Last)? range, string reserved) =>
        range is { First: > 0 } known
            ? new EphemeralPorts(
                new PortRange(known.First, known.Last),
                [
                    .. reserved
                        .Trim()
                        .Split(',')
                        .Select(part => PortRange.TryParse(part, out var some) ? some : (PortRange?)null)
                        .OfType<PortRange>(),
                ])
            : Default;
}
