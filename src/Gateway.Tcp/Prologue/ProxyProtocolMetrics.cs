using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>The instruments for PROXY headers of accepted connections, on TCP and HTTP listeners.</summary>
internal sealed class ProxyProtocolMetrics
{
    private static readonly string[] Versions = ["v1", "v2"];
    private static readonly string[] ResultsWithHeader = ["proxy", "local", "unknown", "untrusted", "timeout", "disallowed", "error"];
    private static readonly string[] ResultsWithout = ["absent_allowed", "absent_rejected", "untrusted", "timeout", "disallowed", "error"];

    // The rules that a ProxyProtocol section has. The others belong to Toa, or to listeners without a section.
    private static readonly string[] Rules =
    [
        nameof(IdentificationRefusal.UntrustedPeer),
        nameof(IdentificationRefusal.UntrustedHeader),
        nameof(IdentificationRefusal.HeaderMissing),
        nameof(IdentificationRefusal.HeaderTimeout),
        nameof(IdentificationRefusal.HeaderTruncated),
        nameof(IdentificationRefusal.HeaderInvalid),
        nameof(IdentificationRefusal.HeaderTooLarge),
        nameof(IdentificationRefusal.SourceInvalid),
        nameof(IdentificationRefusal.LateHeader),
        nameof(IdentificationRefusal.NestedHeader),
    ];

    private readonly Counter<long> _received;
    private readonly Counter<long> _observed;
    private readonly Counter<long> _passed;
    private readonly Histogram<double> _readDuration;

    public ProxyProtocolMetrics(Meter meter)
    {
        _received = meter.CreateCounter<long>(
            "gateway.proxy_protocol.received",
            "{header}",
            "PROXY headers of accepted connections, by result.");
        _observed = meter.CreateCounter<long>(
            "gateway.proxy_protocol.observed",
            "{connection}",
            "Connections that a policy with Enforcement: Observe would have refused, by rule.");
        _passed = meter.CreateCounter<long>(
            "gateway.proxy_protocol.passed",
            "{header}",
            "PROXY headers of clients that went to a backend as payload, because the listener has no ProxyProtocol section.");
        _readDuration = meter.CreateHistogram(
            "gateway.proxy_protocol.read.duration", "s", "Time from accept to a complete PROXY header.", null, TcpMeter.ShortDurations);
    }

    /// <summary>Adds the series of a listener that looks at headers with the value zero, before the first header comes.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="enforcement">Whether the listener's policy enforces its rules or only observes.</param>
    public void StartAtZero(string listener, ProxyProtocolEnforcement enforcement)
    {
        foreach (var result in ResultsWithHeader)
        {
            foreach (var version in Versions)
            {
                Add(0, listener, version, result);
            }
        }

        foreach (var result in ResultsWithout)
        {
            Add(0, listener, "none", result);
        }

        foreach (var rule in enforcement == ProxyProtocolEnforcement.Observe ? Rules : [])
        {
            Observed(listener, rule, 0);
        }
    }

    /// <summary>Counts a connection that a policy that only observes would have refused.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="rule">The rule, in the word of the access log's <c>detail</c>.</param>
    /// <param name="count">The number of connections.</param>
    public void Observed(string listener, string rule, long count = 1) =>
        _observed.Add(count, TcpMeter.Tag("listener", listener), TcpMeter.Tag("rule", rule));

    /// <summary>Adds the series of a TCP listener without a policy with the value zero.</summary>
    /// <param name="listener">The listener's name.</param>
    public void StartPassedAtZero(string listener)
    {
        Passed(listener, ProxyVersion.V1, 0);
        Passed(listener, ProxyVersion.V2, 0);
    }

    /// <summary>Counts a header that goes to a backend as payload.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="version">The header's version.</param>
    /// <param name="count">The number of headers.</param>
    public void Passed(string listener, ProxyVersion version, long count = 1) =>
        _passed.Add(count, TcpMeter.Tag("listener", listener), TcpMeter.Tag("version", Name(version)));

    /// <summary>
    /// Counts the result of a connection's identification. A header counts even if its connection is refused, and a policy that only
    /// observes counts what it would count if it enforced its rules. A check that connects and
    /// closes without a header is not counted here.
    /// </summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="step">The last step.</param>
    /// <param name="elapsed">Time since accept.</param>
    public void Concluded(string listener, in IdentificationStep step, TimeSpan elapsed)
    {
        if (step.Action == IdentificationAction.Wait || step is
            {
                Action: IdentificationAction.CloseSilently, HasHeader: false, Observed: IdentificationRefusal.None
            })
        {
            return;
        }

        Add(1, listener, Name(step.Version), Result(step));
        if (step.HasHeader)
        {
            _readDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("listener", listener));
        }
    }

    /// <summary>Counts a header that a <see cref="FirstBytesGuard"/> stopped.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="guardAs">The refusal that the guard was set for.</param>
    /// <param name="version">The version of the header that the guard has found.</param>
    public void Stopped(string listener, IdentificationRefusal guardAs, ProxyVersion? version) =>
        Add(1, listener, Name(version), Result(guardAs, ProxyParseError.None));

    private void Add(long count, string listener, string version, string result)
    {
        var tags = new TagList { { "listener", listener }, { "version", version }, { "result", result } };
        _received.Add(count, tags);
    }

    private static string Name(ProxyVersion? version) => version switch
    {
        ProxyVersion.V1 => "v1",
        ProxyVersion.V2 => "v2",
        _ => "none",
    };

    // A header with the command PROXY over UNSPEC, DGRAM or UNIX names no client, so it counts as unknown, like UNKNOWN in version 1.
    private static string Result(in IdentificationStep step) =>
        step.Observed != IdentificationRefusal.None ? Result(step.Observed, step.ParseError)
        : step.Action == IdentificationAction.Refuse ? Result(step.Refusal, step.ParseError)
        : !step.HasHeader ? "absent_allowed"
        : step.Header.HasAddresses ? "proxy"
        : step.Header is { Command: ProxyCommand.Local, Version: ProxyVersion.V2 } ? "local" : "unknown";

    private static string Result(IdentificationRefusal refusal, ProxyParseError error) =>
        refusal switch
        {
            IdentificationRefusal.UntrustedPeer or IdentificationRefusal.UntrustedHeader or IdentificationRefusal.UnexpectedHeader =>
                "untrusted",
            IdentificationRefusal.HeaderMissing => "absent_rejected",
            IdentificationRefusal.HeaderTimeout => "timeout",
            IdentificationRefusal.LateHeader or IdentificationRefusal.NestedHeader => "disallowed",
            IdentificationRefusal.HeaderInvalid when error == ProxyParseError.VersionNotAllowed => "disallowed",
            _ => "error",
        };
}
