using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The instruments of connections that the kernel forwards. These connections also count in the TCP path's <c>opened</c>. Bytes do not
/// count there, because the kernel counts whole IP packets. Ends of connections do not count at all, because the kernel does not report
/// them.
/// </summary>
internal sealed class DnatMetrics
{
    private readonly TcpMetrics _tcp;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _receivedPackets;
    private readonly Counter<long> _sentPackets;
    private readonly Counter<long> _rewritten;
    private readonly Counter<long> _changes;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">For the meter of the TCP data plane.</param>
    /// <param name="tcp">The TCP path's instruments.</param>
    /// <param name="collect">Reads the kernel's counters, and returns for each route how many destinations take connections.</param>
    public DnatMetrics(IMeterFactory meters, TcpMetrics tcp, Func<IEnumerable<(string Route, int Destinations)>> collect)
    {
        _tcp = tcp;
        var meter = meters.Create(TcpMeter.Name);
        _opened = meter.CreateCounter<long>("gateway.forward.connection.opened", "{connection}", "Connections that the kernel forwarded.");
        _received = meter.CreateCounter<long>("gateway.forward.received", "By", "IP packets from clients, headers included.");
        _sent = meter.CreateCounter<long>("gateway.forward.sent", "By", "IP packets to clients, headers included.");
        _receivedPackets = meter.CreateCounter<long>("gateway.forward.received.packets", "{packet}", "IP packets from clients.");
        _sentPackets = meter.CreateCounter<long>("gateway.forward.sent.packets", "{packet}", "IP packets to clients.");
        _rewritten = meter.CreateCounter<long>(
            "gateway.forward.source.rewritten",
            "{packet}",
            "First packets of forwarded connections that left with another source than the client.");
        _changes = meter.CreateCounter<long>("gateway.forward.changes", "{transaction}", "Changes of the kernel's rules.");
        // An exporter reads the observable instruments first, so values that this callback adds to other instruments are in the same
        // scrape.
        meter.CreateObservableGauge(
            "gateway.forward.destinations",
            () => collect().Select(static entry => new Measurement<int>(entry.Destinations, Tag("route", entry.Route))),
            description: "Destinations to which the kernel sends new connections.");
    }

    /// <summary>Creates the series of the kernel's counters at zero.</summary>
    public void StartAtZero(IEnumerable<DnatCounter> counters)
    {
        foreach (var counter in counters)
        {
            Add(counter, 0, 0);
        }

        _changes.Add(0, Tag("result", "succeeded"));
        _changes.Add(0, Tag("result", "failed"));
    }

    public void Add(DnatCounter counter, long packets, long bytes)
    {
        var tags = new System.Diagnostics.TagList
        {
            Tag("listener", counter.Listener),
            Tag("cluster", counter.Route.Cluster.Name),
            Tag("destination", counter.Destination),
            Tag("network.type", counter.Family == AddressFamily.InterNetwork ? "ipv4" : "ipv6"),
        };
        switch (counter.Kind)
        {
            case DnatCounterKind.Opened:
                _tcp.Forwarded(counter.Route, counter.Family, packets);
                tags.Add(Tag("route", counter.Route.Name));
                _opened.Add(packets, tags);
                break;
            case DnatCounterKind.Received:
                _receivedPackets.Add(packets, tags);
                _received.Add(bytes, tags);
                break;
            case DnatCounterKind.Rewritten:
                _rewritten.Add(packets, Tag("listener", counter.Listener), tags[3]);
                break;
            case DnatCounterKind.Sent:
                _sentPackets.Add(packets, tags);
                _sent.Add(bytes, tags);
                break;
            default:
                // The other kinds are for AnswerWatch only.
                break;
        }
    }

    public void Changed(bool succeeded) => _changes.Add(1, Tag("result", succeeded ? "succeeded" : "failed"));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
