using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The contents of our table for a model and its healthy destinations. For listener L, route R and destination D, and each family (4, 6):
/// 1. <c>take</c> (nat, prerouting) sees the first packet of every connection, and sends packets for our listeners to the listener's chain.
/// 2. <c>listener/L/4</c> decides by the client's address, in the same order as the data plane. For a route with another mode it returns,
/// and the connection reaches our socket.
/// 3. <c>route/R/4</c> leaves clients that the kernel cannot forward (a destination itself, a link-local address) to our socket. For other
/// clients it takes the next slot, a random slot, or the slot of the client's hash, and goes to a destination of the lowest priority that
/// has a healthy one. While no destination is healthy, the chain is empty, and the connection reaches our socket.
/// 4. <c>to/R/D/4</c> (and <c>to/R/D/4/2</c> … for the other addresses of a name) counts, and rewrites the destination. Conntrack rewrites
/// the following packets in the same way, even if these rules change.
/// 5. <c>count</c> (filter, prerouting) counts packets of both directions in <c>count/L/4</c>, with maps from the destination to its
/// counters.
/// 6. <c>leave</c> (filter, postrouting) counts in <c>leave/L/4</c> the packets of new connections that really leave this host, and those
/// among them that have another source than the client by then.
/// 7. <c>stray</c> (filter, forward) drops answers of a destination for which conntrack knows no connection, because the kernel would not
/// translate them, and the client would answer with RST. <c>mute</c> (filter, output) drops the RST with which this host's own TCP answers
/// such packets of clients, because they reach the listener's socket. So a packet outside its window, or with a bad checksum, ends no
/// connection.
/// </summary>
internal sealed class DnatRuleset
{
    private const string Take = "take";
    private const string Counting = "count";
    private const string Leaving = "leave";
    private const string Stray = "stray";
    private const string Mute = "mute";

    // An empty chain whose name marks the table as a gateway's, whatever the name of the table. A comment of the table would need Linux
    // 5.10, and nftables' JSON leaves comments out before 1.1.
    private const string Marker = "gateway/dnat";

    // NF_IP_PRI_NAT_DST, the usual priority of DNAT. A filter chain runs later, and sees the rewritten destination.
    private const int DestinationNat = -100;
    private const int Filter = 0;

    // After NF_IP_PRI_NAT_SRC (100), the usual priority of masquerading.
    private const int BehindSourceNat = 150;

    // An arbitrary number. It is the same in all gateways, so that gateways side by side send a client to the same destination.
    private const uint HashSeed = 0x67617465;

    private static readonly IPNetwork LinkLocal = IPNetwork.Parse("fe80::/10");

    private readonly NftCommands _rules;
    private readonly bool _takes;
    private readonly List<string> _chains = [Marker, Take, Counting, Leaving, Stray, Mute];
    private readonly List<(string Name, string AddressType)> _maps = [];
    private readonly Dictionary<string, DnatCounter> _counters = [];
    private readonly HashSet<IPEndPoint> _destinations = [];

    private DnatRuleset(string table, bool takes)
    {
        _rules = new NftCommands(table);
        _takes = takes;
    }

    /// <summary>The named counters and their meanings.</summary>
    public IReadOnlyDictionary<string, DnatCounter> Counters => _counters;

    /// <summary>Addresses that new connections are sent to.</summary>
    public IReadOnlySet<IPEndPoint> Destinations => _destinations;

    /// <summary>Builds the contents.</summary>
    /// <param name="table">The table.</param>
    /// <param name="model">Listeners and routes.</param>
    /// <param name="targets">The addresses of destinations now.</param>
    /// <param name="takes">
    /// False: new connections are not forwarded. Established connections go on and are counted, because the kernel translates as long as
    /// there is a nat chain.
    /// </param>
    public static DnatRuleset Build(string table, DnatModel model, DnatTargets targets, bool takes = true)
    {
        var ruleset = new DnatRuleset(table, takes);
        // Packets of connections that are not forwarded return at once. The rule exists even without listeners, because the kernel tracks
        // connections only as long as some rule asks for their state, and translates them only as long as there is a nat chain. If either
        // were missing, the next packet of an established connection would be answered with RST.
        ruleset._rules.AddRule(Counting, Nft.Match(Nft.And(Nft.Connection("status"), "dnat"), 0), Nft.Return());
        ruleset._rules.AddRule(Leaving, Nft.Match(Nft.And(Nft.Connection("status"), "dnat"), 0), Nft.Return());
        ruleset._rules.AddRule(Leaving, Nft.Has(Nft.Connection("status"), "seen-reply"), Nft.Return());
        foreach (var (listener, routes) in model.Listeners)
        {
            foreach (var family in listener.Families)
            {
                ruleset.AddListener(listener, routes, new Family(family), targets);
            }
        }

        return ruleset;
    }

    /// <summary>Finds the tables of gateways in this network namespace.</summary>
    /// <param name="chains">nftables' answer to <see cref="NftCommands.ListChains"/>.</param>
    public static IReadOnlyList<string> FindTables(string chains)
    {
        using var document = JsonDocument.Parse(chains);
        return
        [
            .. NftAnswer.ObjectsOf(document, "chain")
                .Where(static chain =>
                    chain.GetProperty("family").GetString() == "inet" && chain.GetProperty("name").GetString() == Marker)
                .Select(static chain => chain.GetProperty("table").GetString()!),
        ];
    }

    /// <summary>The transaction that gives a table these contents.</summary>
    /// <param name="table">The table.</param>
    /// <param name="before">
    /// The contents of the table now; null: unknown, so the table is made anew. Counters that stay keep their numbers.
    /// </param>
    public NftCommands Transaction(string table, DnatRuleset? before)
    {
        var commands = new NftCommands(table).AddTable();
        if (before is null)
        {
            // Deleting a table that does not exist is an error, so it is added first.
            commands.DeleteTable().AddTable();
        }

        commands.AddBaseChain(Take, "nat", "prerouting", DestinationNat).AddBaseChain(Counting, "filter", "prerouting", Filter)
            .AddBaseChain(Leaving, "filter", "postrouting", BehindSourceNat)
            .AddBaseChain(Stray, "filter", "forward", Filter).AddBaseChain(Mute, "filter", "output", Filter);
        foreach (var chain in _chains.Where(static chain => chain is not (Take or Counting or Leaving or Stray or Mute)))
        {
            commands.AddChain(chain);
        }

        foreach (var chain in _chains.Union(before?._chains ?? []))
        {
            commands.FlushChain(chain);
        }

        foreach (var counter in _counters.Keys)
        {
            commands.AddCounter(counter);
        }

        foreach (var (map, type) in _maps)
        {
            commands.AddCounterMap(map, type).FlushMap(map);
        }

        commands.Append(_rules);
        foreach (var chain in before?._chains.Except(_chains) ?? [])
        {
            commands.DeleteChain(chain);
        }

        foreach (var (map, _) in before?._maps.Except(_maps) ?? [])
        {
            commands.DeleteMap(map);
        }

        foreach (var counter in before?._counters.Keys.Except(_counters.Keys) ?? [])
        {
            commands.DeleteCounter(counter);
        }

        return commands;
    }

    /// <summary>Whether both have the same contents for the kernel.</summary>
    public bool IsSameAs(DnatRuleset other) =>
        _chains.SequenceEqual(other._chains)
        && _counters.Keys.SequenceEqual(other._counters.Keys)
        && _rules.ToJson() == other._rules.ToJson();

    private void AddListener(DnatListener listener, ListenerModel model, Family family, DnatTargets targets)
    {
        var chain = AddChain(NftName.Fit($"listener/{listener.Name}/{family.Digit}"));
        var isOurs = listener.IsAny
            ? Nft.IsLocal("daddr")
            : Nft.Match(Nft.Field(family.Protocol, "daddr"), listener.EndPoint.Address.ToString());
        if (_takes)
        {
            _rules.AddRule(
                Take,
                family.IsPacketOf(),
                isOurs,
                Nft.Match(Nft.Field("tcp", "dport"), listener.EndPoint.Port),
                Nft.Goto(chain));
        }

        foreach (var (networks, route) in InOrder(model, family.Value))
        {
            JsonNode verdict = DnatModel.IsDnat(route) ? Nft.Goto(RouteChain(route, family)) : Nft.Return();
            if (networks.Count == 0)
            {
                _rules.AddRule(chain, verdict);
            }
            else
            {
                _rules.AddRule(chain, Nft.Match(Nft.Field(family.Protocol, "saddr"), Nft.Set(networks.Select(Nft.Network))), verdict);
            }
        }

        foreach (var route in model.Routes.Where(DnatModel.IsDnat))
        {
            AddRoute(listener, route, family, targets);
        }

        AddCounting(listener, model, family, targets);
        AddStrays(listener, model, family, targets);
    }

    // The same order as in the data plane (ListenerModel.Match): the lowest Order, then the longest prefix, then the route for any client.
    private static IEnumerable<(IReadOnlyList<IPNetwork> Networks, RouteModel Route)> InOrder(ListenerModel model, AddressFamily family) =>
        model
            .Routes.SelectMany(route =>
                route.ClientNetworks.Count == 0
                    ? [(Network: (IPNetwork?)null, Route: route)]
                    : route
                        .ClientNetworks.Where(network => network.BaseAddress.AddressFamily == family)
                        .Select(network => (Network: (IPNetwork?)network, Route: route)))
            .GroupBy(static entry => (entry.Route.Order, Length: entry.Network?.PrefixLength ?? -1, entry.Route))
            .OrderBy(static group => group.Key.Order)
            .ThenByDescending(static group => group.Key.Length)
            .Select(static group =>
                (
                    (IReadOnlyList<IPNetwork>)
                        [.. group.Where(static entry => entry.Network is not null).Select(static entry => entry.Network!.Value)],
                    group.Key.Route));

    private static string RouteChain(RouteModel route, Family family) => NftName.Fit($"route/{route.Name}/{family.Digit}");

    private void AddRoute(DnatListener listener, RouteModel route, Family family, DnatTargets targets)
    {
        var chain = AddChain(RouteChain(route, family));
        var usable = new List<(string Name, int Weight, string Chain, IPAddress Address)>();
        var lowest = LowestTier(route, family, targets);
        foreach (var destination in route.Cluster.Destinations.Where(family.MayHave))
        {
            var counter = NftName.Fit($"new/{route.Name}/{destination.Name}/{family.Digit}");
            _counters[counter] = new DnatCounter(DnatCounterKind.Opened, listener.Name, route, destination.Name, family.Value);
            var addresses = destination.Priority == lowest ? targets.ForNew(destination, family.Value) : [];
            for (var i = 0; i < addresses.Count; i++)
            {
                var to = AddChain(NftName.Fit($"to/{route.Name}/{destination.Name}/{family.Digit}{(i == 0 ? "" : $"/{i + 1}")}"));
                _rules.AddRule(
                    to,
                    Nft.Count(counter),
                    Nft.Match(Nft.Meta("l4proto"), "tcp"),
                    Nft.RewriteDestination(family.Protocol, addresses[i]));
                _destinations.Add(addresses[i]);
                // Each address of a name has its own share of connections and clients. A destination with a written address is identified
                // by its name, so that it keeps its clients if the address changes.
                usable.Add(
                    (
                        destination.Literal is null ? $"{destination.Name}/{addresses[i].Address}" : destination.Name,
                        destination.Weight,
                        to,
                        addresses[i].Address));
            }
        }

        if (usable.Count > 0)
        {
            // A client that is a destination itself would get its own packets, from its own address. So it reaches our socket, and Fallback
            // decides.
            var destinations = usable
                .Select(static entry => entry.Address)
                .Distinct()
                .Select(static address => (JsonNode)address.ToString());
            _rules.AddRule(chain, Nft.Match(Nft.Field(family.Protocol, "saddr"), Nft.Set(destinations)), Nft.Return());
        }

        if (usable.Count > 0 && !family.IsV4)
        {
            // The kernel does not forward packets with a link-local source.
            _rules.AddRule(chain, Nft.Match(Nft.Field(family.Protocol, "saddr"), Nft.Network(LinkLocal)), Nft.Return());
        }

        if (usable.Count == 1)
        {
            _rules.AddRule(chain, Nft.Goto(usable[0].Chain));
        }
        else if (usable.Count > 1)
        {
            var slots = route.Cluster.HasAffinity
                ? SlotTable.ByHash([.. usable.Select(static entry => (entry.Name, entry.Weight))])
                : SlotTable.InTurn([.. usable.Select(static entry => entry.Weight)]);
            var number = route.Cluster.HasAffinity
                ? Nft.Hash(Nft.Field(family.Protocol, "saddr"), slots.Length, HashSeed)
                : route.Cluster.Policy == TcpLoadBalancingPolicy.Random ? Nft.Random(slots.Length)
                : Nft.Turn(slots.Length);
            _rules.AddRule(chain, Nft.Choose(number, slots.Select(slot => usable[slot].Chain)));
        }
    }

    // The lowest priority that has an address for new connections; null: none has.
    private static int? LowestTier(RouteModel route, Family family, DnatTargets targets) =>
        route.Cluster.Destinations.Where(family.MayHave)
            .Where(destination => targets.ForNew(destination, family.Value).Count > 0)
            .Min(static destination => (int?)destination.Priority);

    private void AddCounting(DnatListener listener, ListenerModel model, Family family, DnatTargets targets)
    {
        JsonNode[] fromClients = [Nft.Match(Nft.Connection("direction"), "original")];
        JsonNode[] answers = [Nft.Match(Nft.Connection("direction"), "reply")];
        JsonNode[] unanswered = [Nft.Match(Nft.And(Nft.Connection("status"), "seen-reply"), 0)];
        JsonNode[] first = [.. answers.Select(static match => match.DeepClone()), Nft.Has(Nft.Field("tcp", "flags"), "syn", "rst")];
        var arriving = AddCountingChain(Counting, listener, family);
        AddMap(arriving, "in", DnatCounterKind.Received, fromClients, toDestination: true);
        AddMap(arriving, "try", DnatCounterKind.Tried, unanswered, toDestination: true);
        AddMap(arriving, "out", DnatCounterKind.Sent, answers, toDestination: false);
        AddMap(arriving, "ack", DnatCounterKind.Answered, first, toDestination: false);
        var leaving = AddCountingChain(Leaving, listener, family);
        AddMap(leaving, "left", DnatCounterKind.Left, [], toDestination: true);
        var rewritten = NftName.Fit($"snat/{listener.Name}/{family.Digit}");
        _counters[rewritten] = new DnatCounter(
            DnatCounterKind.Rewritten,
            listener.Name,
            model.Routes.First(DnatModel.IsDnat),
            "",
            family.Value);
        _rules.AddRule(leaving, Nft.Has(Nft.Connection("status"), "snat"), Nft.Count(rewritten));

        void AddMap(string chain, string word, DnatCounterKind kind, JsonNode[] matches, bool toDestination)
        {
            var map = NftName.Fit($"{word}/{listener.Name}/{family.Digit}");
            var (address, port) = toDestination ? ("daddr", "dport") : ("saddr", "sport");
            _maps.Add((map, family.AddressType));
            _rules.AddRule(chain, [.. matches, Nft.Count(Nft.Concat(Nft.Field(family.Protocol, address), Nft.Field("tcp", port)), map)]);
            var seen = new HashSet<IPEndPoint>();
            foreach (var route in model.Routes.Where(DnatModel.IsDnat))
            {
                foreach (var destination in route.Cluster.Destinations.Where(family.MayHave))
                {
                    var counter = NftName.Fit($"{word}/{listener.Name}/{route.Cluster.Name}/{destination.Name}/{family.Digit}");
                    _counters.TryAdd(counter, new DnatCounter(kind, listener.Name, route, destination.Name, family.Value));
                    foreach (var known in targets.Known(destination, family.Value).Where(seen.Add))
                    {
                        _rules.AddElement(map, Nft.Concat(known.Address.ToString(), known.Port), counter);
                    }
                }
            }
        }
    }

    // Drops answers for which conntrack has no connection: INVALID packets, and packets from the middle of a stream whose beginning
    // conntrack does not know (its table was flushed, and net.netfilter.nf_conntrack_tcp_loose is on). Packets for this host itself are not
    // forwarded, so they never reach this chain.
    private void AddStrays(DnatListener listener, ListenerModel model, Family family, DnatTargets targets)
    {
        var answering = model.Routes.Where(DnatModel.IsDnat).SelectMany(static route => route.Cluster.Destinations).Where(family.MayHave)
            .SelectMany(destination => targets.Known(destination, family.Value)).Distinct()
            .Select(static known => Nft.Concat(known.Address.ToString(), known.Port)).ToList();
        if (answering.Count > 0)
        {
            JsonNode[] ofDestination =
            [
                family.IsPacketOf(),
                Nft.Match(Nft.Concat(Nft.Field(family.Protocol, "saddr"), Nft.Field("tcp", "sport")), Nft.Set(answering)),
            ];
            _rules.AddRule(Stray, [.. ofDestination, Nft.Has(Nft.Connection("state"), "invalid"), Nft.Drop()]);
            _rules.AddRule(
                Stray,
                [
                    .. ofDestination.Select(static match => match.DeepClone()), Nft.Has(Nft.Connection("state"), "new"),
                    Nft.Match(Nft.And(Nft.Field("tcp", "flags"), "syn"), 0), Nft.Drop(),
                ]);
        }

        List<JsonNode> resets = [family.IsPacketOf(), Nft.Match(Nft.Field("tcp", "sport"), listener.EndPoint.Port)];
        if (!listener.IsAny)
        {
            resets.Add(Nft.Match(Nft.Field(family.Protocol, "saddr"), listener.EndPoint.Address.ToString()));
        }

        _rules.AddRule(
            Mute,
            [.. resets, Nft.Has(Nft.Field("tcp", "flags"), "rst"), Nft.Has(Nft.Connection("state"), "invalid"), Nft.Drop()]);
    }

    // A chain for the packets of a listener's connections, to whatever destination they were rewritten.
    private string AddCountingChain(string from, DnatListener listener, Family family)
    {
        var chain = AddChain(NftName.Fit($"{from}/{listener.Name}/{family.Digit}"));
        List<JsonNode> match =
        [
            family.IsPacketOf(),
            Nft.Match(Nft.Meta("l4proto"), "tcp"),
            Nft.Match(Nft.Connection("proto-dst", "original"), listener.EndPoint.Port),
        ];
        if (!listener.IsAny)
        {
            match.Add(Nft.Match(Nft.Connection($"{family.Protocol} daddr", "original"), listener.EndPoint.Address.ToString()));
        }

        _rules.AddRule(from, [.. match, Nft.Goto(chain)]);
        return chain;
    }

    private string AddChain(string name)
    {
        _chains.Add(name);
        return name;
    }

    /// <summary>The words of nftables for an address family.</summary>
    private sealed record Family(AddressFamily Value)
    {
        public bool IsV4 => Value == AddressFamily.InterNetwork;

        public char Digit => IsV4 ? '4' : '6';

        public string Protocol => IsV4 ? "ip" : "ip6";

        public string AddressType => IsV4 ? "ipv4_addr" : "ipv6_addr";

        /// <summary>Whether a destination may have an address of this family. A name may have addresses of both families.</summary>
        public bool MayHave(DestinationModel destination) => destination.Literal is not [var literal] || literal.AddressFamily == Value;

        public JsonObject IsPacketOf() => Nft.Match(Nft.Meta("nfproto"), IsV4 ? "ipv4" : "ipv6");
    }
}
