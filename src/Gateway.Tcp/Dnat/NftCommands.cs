using System.Text.Json.Nodes;

namespace Gateway.Tcp.Dnat;

/// <summary>A transaction on one table, in the order in which its commands are added.</summary>
/// <param name="table">The table; its family is inet: IPv4 and IPv6.</param>
internal sealed class NftCommands(string table)
{
    private readonly JsonArray _commands = [];
    private JsonObject? _root;

    public NftCommands AddTable() => Table("add", table);

    public NftCommands DeleteTable() => Table("delete", table);

    /// <summary>Removes other tables.</summary>
    public NftCommands DeleteTables(IEnumerable<string> others)
    {
        foreach (var other in others)
        {
            Table("delete", other);
        }

        return this;
    }

    public NftCommands AddChain(string name) => Object("add", "chain", name);

    /// <summary>Adds a base chain, which the kernel runs at a hook.</summary>
    /// <param name="name">The name of the chain.</param>
    /// <param name="type">nat or filter.</param>
    /// <param name="hook">prerouting, forward, output or postrouting.</param>
    /// <param name="priority">The order among the chains of all tables at this hook: lower runs earlier.</param>
    public NftCommands AddBaseChain(string name, string type, string hook, int priority) =>
        Add(
            "add",
            "chain",
            new JsonObject
            {
                ["name"] = name,
                ["type"] = type,
                ["hook"] = hook,
                ["prio"] = priority,
                ["policy"] = "accept",
            });

    public NftCommands FlushChain(string name) => Object("flush", "chain", name);

    public NftCommands DeleteChain(string name) => Object("delete", "chain", name);

    /// <summary>Adds a counter. A counter that exists keeps its numbers.</summary>
    public NftCommands AddCounter(string name) => Object("add", "counter", name);

    public NftCommands DeleteCounter(string name) => Object("delete", "counter", name);

    /// <summary>Adds a map from an address and a port to a counter.</summary>
    public NftCommands AddCounterMap(string name, string addressType) =>
        Add("add", "map", new JsonObject { ["name"] = name, ["type"] = new JsonArray(addressType, "inet_service"), ["map"] = "counter" });

    public NftCommands FlushMap(string name) => Object("flush", "map", name);

    public NftCommands DeleteMap(string name) => Object("delete", "map", name);

    public NftCommands AddRule(string chain, params ReadOnlySpan<JsonNode> statements) =>
        Add("add", "rule", new JsonObject { ["chain"] = chain, ["expr"] = new JsonArray([.. statements]) });

    public NftCommands AddElement(string map, JsonNode key, string value) =>
        Add("add", "element", new JsonObject { ["name"] = map, ["elem"] = new JsonArray(new JsonArray(key, value)) });

    /// <summary>The command that lists all chains of all tables.</summary>
    public static string ListChains() => """{"nftables":[{"list":{"chains":null}}]}""";

    /// <summary>The command that lists the rules of a chain of any table.</summary>
    public static string ListChain(NftChain chain) => new JsonObject
    {
        ["nftables"] = new JsonArray(new JsonObject
        {
            ["list"] = new JsonObject
            {
                ["chain"] = new JsonObject { ["family"] = chain.Family, ["table"] = chain.Table, ["name"] = chain.Name },
            },
        }),
    }.ToJsonString();

    public NftCommands ListCounters() => Add("list", "counters", []);

    /// <summary>Adds a copy of the commands of another transaction.</summary>
    public NftCommands Append(NftCommands other)
    {
        foreach (var command in other._commands)
        {
            _commands.Add(command!.DeepClone());
        }

        return this;
    }

    public string ToJson() => (_root ??= new JsonObject { ["nftables"] = _commands }).ToJsonString();

    private NftCommands Table(string verb, string name)
    {
        var what = new JsonObject { ["family"] = "inet", ["name"] = name };
        _commands.Add((JsonNode)new JsonObject { [verb] = new JsonObject { ["table"] = what } });
        return this;
    }

    private NftCommands Object(string verb, string kind, string name) => Add(verb, kind, new JsonObject { ["name"] = name });

    private NftCommands Add(string verb, string kind, JsonObject what)
    {
        what["family"] = "inet";
        what["table"] = table;
        _commands.Add((JsonNode)new JsonObject { [verb] = new JsonObject { [kind] = what } });
        return this;
    }
}
