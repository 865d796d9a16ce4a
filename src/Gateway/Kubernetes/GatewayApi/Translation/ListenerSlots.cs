using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// The listeners of all Gateways of the class.
/// <para>
/// 1. Each listener is judged alone: protocol, kinds of routes, certificates. 2. Listeners of a Gateway with one port are one listener of
/// the gateway, so they must agree on what becomes of TLS, and differ in their host names. 3. A port belongs to the oldest Gateway that
/// asks for it; listeners of younger ones with other names can share it. 4. What the configuration as a whole refuses is refused here.
/// </para>
/// </summary>
internal sealed class ListenerSlots
{
    private const string CertificatesKey = "Tls:Certificates";

    private static readonly string[] TcpKinds = [ApiNames.TcpRoute];
    private static readonly string[] TlsKinds = [ApiNames.TlsRoute];
    private static readonly string[] HttpKinds = [ApiNames.HttpRoute];

    /// <summary>Translates the listeners.</summary>
    /// <param name="gateways">The Gateways, the oldest first.</param>
    /// <param name="certificates">Finds certificates.</param>
    /// <param name="policies">The policies.</param>
    /// <param name="refused">What the configuration as a whole refuses.</param>
    public ListenerSlots(IEnumerable<GatewayObject> gateways, Certificates certificates, Policies policies, RefusedEntries refused)
    {
        var ports = new Dictionary<int, List<ListenerSlot>>();
        var slots = new List<ListenerSlot>();
        foreach (var gateway in gateways)
        {
            ListenerSlot[] own = [.. (gateway.Spec.Listeners ?? []).Select(listener => Slot(gateway, listener, certificates))];
            slots.AddRange(own);
            foreach (var port in own.Where(static slot => slot.Rejection is null).GroupBy(static slot => slot.Spec.Port))
            {
                ListenerSlot[] asking = [.. port];
                FindConflicts(asking);
                if (!asking.Any(static slot => slot.IsServed))
                {
                    continue;
                }

                var policy = policies.PortOf(gateway.Metadata.Key, asking);
                if (!ports.TryGetValue(port.Key, out var holding))
                {
                    ports[port.Key] = [.. asking];
                    Hold(asking, policy);
                }
                else
                {
                    Share(asking, policy, holding);
                }
            }
        }

        foreach (var port in ports.Values)
        {
            Refuse(port, refused);
        }

        All = slots;
    }

    /// <summary>All listeners, in the order of their Gateways.</summary>
    public IReadOnlyList<ListenerSlot> All { get; }

    private static ListenerSlot Slot(GatewayObject gateway, ListenerSpec listener, Certificates certificates)
    {
        var mode = (listener.Protocol, listener.Tls?.Mode ?? "Terminate") switch
        {
            ("TCP", _) => ListenerMode.Tcp,
            ("TLS", "Passthrough") => ListenerMode.Passthrough,
            ("TLS", "Terminate") => ListenerMode.Terminate,
            ("HTTP", _) => ListenerMode.Http,
            ("HTTPS", "Terminate") => ListenerMode.Https,
            _ => ListenerMode.Unsupported,
        };
        var supported = mode switch
        {
            ListenerMode.Tcp => TcpKinds,
            ListenerMode.Http or ListenerMode.Https => HttpKinds,
            ListenerMode.Unsupported => [],
            _ => TlsKinds,
        };
        var asked = listener.AllowedRoutes?.Kinds is { Count: > 0 } kinds
            ? kinds
            : [.. supported.Select(static kind => new RouteGroupKind { Kind = kind })];
        var taken = supported.Where(kind => asked.Any(one => IsKind(one, kind))).ToArray();
        var badKind = asked.FirstOrDefault(one => !supported.Any(kind => IsKind(one, kind)));
        var found = new Dictionary<string, Gateway.Tcp.Configuration.CertificateConfig>();
        var badCertificate =
            mode is ListenerMode.Terminate or ListenerMode.Https
                ? certificates.Find(gateway.Metadata.Namespace, listener.Tls?.CertificateRefs ?? [], out found)
                : null;
        return new ListenerSlot(gateway, listener)
        {
            Mode = mode,
            Kinds = taken,
            Certificates = found,
            Rejection = mode == ListenerMode.Https && gateway.Spec.Tls?.Frontend is not null
                    ? new("UnsupportedValue", "tls.frontend of the Gateway is not supported: client certificates would not be checked")
                : mode != ListenerMode.Unsupported ? null
                : listener.Protocol is "TLS" or "HTTPS"
                    ? new("UnsupportedValue", $"the TLS mode {listener.Tls?.Mode} is not supported with the protocol {listener.Protocol}")
                : new("UnsupportedProtocol", $"the protocol {listener.Protocol} is not supported: HTTP, HTTPS, TCP and TLS are"),
            BadReference = badKind is not null && mode != ListenerMode.Unsupported
                ? new("InvalidRouteKinds", $"a listener with the protocol {listener.Protocol} has no {badKind.Kind}")
                : badCertificate,
        };
    }

    private static bool IsKind(RouteGroupKind asked, string kind) =>
        asked.Kind == kind && (asked.Group ?? ApiNames.Group) == ApiNames.Group;

    private static void FindConflicts(ListenerSlot[] port)
    {
        if (port.DistinctBy(static slot => slot.Mode).Count() > 1)
        {
            var different = $"the listeners with port {port[0].Spec.Port} disagree on the protocol or on the mode of TLS";
            foreach (var slot in port)
            {
                slot.Conflict = new("ProtocolConflict", different);
            }

            return;
        }

        var names = port.GroupBy(static slot => slot.Hostname);
        foreach (var same in names.Where(static group => group.Count() > 1))
        {
            foreach (var slot in same)
            {
                slot.Conflict = new("HostnameConflict", $"several listeners with port {slot.Spec.Port} have the same hostname");
            }
        }
    }

    private static void Hold(ListenerSlot[] asking, PortPolicy policy)
    {
        foreach (var slot in asking)
        {
            slot.Policy = policy;
        }

        if (policy.Problem is { } wrong)
        {
            Reject(asking, new("UnsupportedValue", wrong));
        }
    }

    // A port that an older Gateway has: listeners with names of their own can be beside its listeners. What is before the port, and tells
    // of clients, is the same for all of them. Another namespace may be another team, whose names and certificates would be among these.
    private static void Share(ListenerSlot[] asking, PortPolicy policy, List<ListenerSlot> holding)
    {
        var (first, mode) = (holding[0], asking[0].Mode);
        var held = $"the Gateway {first.Gateway.Metadata.Key} has port {first.Spec.Port}";
        var problem = policy.Problem is { } wrong ? new Problem("UnsupportedValue", wrong)
            : !holding.Any(static slot => slot.IsServed) ? new("PortUnavailable", held)
            : first.Gateway.Metadata.Namespace != asking[0].Gateway.Metadata.Namespace
                ? new("PortUnavailable", $"{held}: Gateways of one namespace share ports")
            : first.Mode != mode || mode == ListenerMode.Tcp
                ? new("PortUnavailable", $"{held}: listeners share a port if all have HTTP, HTTPS or one mode of TLS")
            : !policy.IsEmpty && policy.Text != first.Policy!.Text
                ? new("PortUnavailable", $"{held}, and its policies say another thing of who tells of clients")
            : null;
        if (problem is not null)
        {
            Reject(asking, problem);
            return;
        }

        foreach (var slot in asking.Where(static slot => slot.Conflict is null))
        {
            if (holding.Find(one => one.Conflict is null && one.Hostname == slot.Hostname) is { } other)
            {
                var name = slot.Hostname.Length == 0 ? "every hostname" : $"the hostname {slot.Hostname}";
                slot.Conflict = new(
                    "HostnameConflict", $"the Gateway {other.Gateway.Metadata.Key} has {name} of port {slot.Spec.Port}, and is older");
                continue;
            }

            (slot.Owner, slot.Policy) = (first.Gateway, first.Policy);
            holding.Add(slot);
        }
    }

    // A certificate that is refused closes the listeners that have it. Everything else is of the port.
    private static void Refuse(List<ListenerSlot> port, RefusedEntries refused)
    {
        var listener = $"Listeners:{port[0].ListenerName}";
        foreach (var slot in port.Where(static slot => slot.Rejection is null))
        {
            if (slot.Certificates.Keys.Select(name => refused.At($"{listener}:{CertificatesKey}:{name}"))
                    .FirstOrDefault(static one => one is not null) is { } bad)
            {
                slot.Rejection = new("UnsupportedValue", bad.Message);
            }
        }

        if (refused.At(listener, CertificatesKey) is { } problem)
        {
            Reject(
                port.Where(static slot => slot.Rejection is null),
                new(problem.IsOfAddress ? "PortUnavailable" : "UnsupportedValue", problem.Message));
        }
    }

    private static void Reject(IEnumerable<ListenerSlot> slots, Problem problem)
    {
        foreach (var slot in slots)
        {
            slot.Rejection = problem;
        }
    }
}
