using Gateway.Linux;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// The ports that the kernel gives to connections of this host (<see cref="LocalPortRange"/>). A server's answers can be told from what the
/// host sends itself only by the port they come from: so servers may have no port of these.
/// </summary>
/// <param name="Range">What it chooses from.</param>
/// <param name="Reserved">What it leaves out.</param>
internal sealed record EphemeralPorts(PortRange Range, IReadOnlyList<PortRange> Reserved)
{
    /// <summary>The kernel's defaults.</summary>
    public static EphemeralPorts Default { get; } = new(new PortRange(32768, 60999), []);

    /// <summary>Where servers listen, if nobody says it: below the range.</summary>
    public IReadOnlyList<PortRange> ServerPorts => Range.First > 1 ? [new PortRange(1, Range.First - 1)] : [];

    /// <summary>This network namespace's; the defaults where they cannot be read.</summary>
    public static EphemeralPorts Read() => Of(LocalPortRange.Read(), LocalPortRange.ReadReserved());

    /// <summary>The same from the texts of the kernel's files.</summary>
    internal static EphemeralPorts Parse(string range, string reserved) => Of(LocalPortRange.Parse(range), reserved);

    /// <summary>Those of some servers' ports that the kernel may choose.</summary>
    public IReadOnlyList<PortRange> In(IReadOnlyList<PortRange> ports) =>
        PortRanges.Subtract(ports, PortRanges.Subtract([PortRange.All], PortRanges.Subtract([Range], Reserved)));

    /// <summary>What is wrong with turning round what comes from some ports, with the cure; null: nothing.</summary>
    public string? Refuse(IReadOnlyList<PortRange> ports)
    {
        var both = In(ports);
        return both.Count == 0
            ? null
            : $"ports {string.Join(", ", both)} are among those that the kernel gives to this host's own connections "
                + $"(net.ipv4.ip_local_port_range is {Range}): "
                + "what these send would come back here as if it were the application's answers";
    }

    /// <summary>The command that keeps the kernel from choosing them.</summary>
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
