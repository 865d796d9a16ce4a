using System.Net;
using System.Text.Json.Nodes;

namespace Gateway.Tcp.Dnat;

/// <summary>Statements and expressions of nftables in its JSON form (libnftables-json(5)).</summary>
internal static class Nft
{
    public static JsonObject Match(JsonNode left, JsonNode right) =>
        new() { ["match"] = new JsonObject { ["op"] = "==", ["left"] = left, ["right"] = right } };

    /// <summary>Matches if at least one of the bits is set.</summary>
    public static JsonObject Has(JsonNode left, params ReadOnlySpan<JsonNode> bits) =>
        new()
        {
            ["match"] = new JsonObject
            {
                ["op"] = "in",
                ["left"] = left,
                ["right"] = bits.Length == 1 ? bits[0] : new JsonArray([.. bits]),
            },
        };

    public static JsonObject And(JsonNode left, JsonNode right) => new() { ["&"] = new JsonArray(left, right) };

    public static JsonObject Meta(string key) => new() { ["meta"] = new JsonObject { ["key"] = key } };

    public static JsonObject Field(string protocol, string field) =>
        new()
        {
            ["payload"] = new JsonObject { ["protocol"] = protocol, ["field"] = field },
        };

    /// <summary>A value that conntrack has for a connection.</summary>
    public static JsonObject Connection(string key, string? direction = null)
    {
        var ct = new JsonObject { ["key"] = key };
        if (direction is not null)
        {
            ct["dir"] = direction;
        }

        return new JsonObject { ["ct"] = ct };
    }

    /// <summary>Matches if an address belongs to this machine, according to its routing.</summary>
    public static JsonObject IsLocal(string address) =>
        Match(new JsonObject { ["fib"] = new JsonObject { ["result"] = "type", ["flags"] = new JsonArray(address) } }, "local");

    public static JsonObject Network(IPNetwork network) =>
        new() { ["prefix"] = new JsonObject { ["addr"] = network.BaseAddress.ToString(), ["len"] = network.PrefixLength } };

    public static JsonObject Set(IEnumerable<JsonNode> elements) => new() { ["set"] = new JsonArray([.. elements]) };

    public static JsonObject Concat(params ReadOnlySpan<JsonNode> parts) => new() { ["concat"] = new JsonArray([.. parts]) };

    public static JsonObject Goto(string chain) => new() { ["goto"] = new JsonObject { ["target"] = chain } };

    public static JsonObject Drop() => new() { ["drop"] = null };

    public static JsonObject Return() => new() { ["return"] = null };

    /// <summary>Counts with a named counter.</summary>
    public static JsonObject Count(string counter) => new() { ["counter"] = counter };

    /// <summary>Counts with the counter that a map has for a key.</summary>
    public static JsonObject Count(JsonNode key, string map) =>
        new() { ["counter"] = new JsonObject { ["map"] = new JsonObject { ["key"] = key, ["data"] = "@" + map } } };

    /// <summary>Goes to the chain that a table of numbered slots has for a number.</summary>
    public static JsonObject Choose(JsonNode number, IEnumerable<string> chains) => new()
    {
        ["vmap"] = new JsonObject
        {
            ["key"] = number,
            ["data"] = Set(chains.Select(static (chain, slot) => (JsonNode)new JsonArray(slot, Goto(chain)))),
        },
    };

    /// <summary>The numbers 0, 1, 2 … and again from 0: the next number for each connection.</summary>
    public static JsonObject Turn(int modulus) => new() { ["numgen"] = new JsonObject { ["mode"] = "inc", ["mod"] = modulus } };

    /// <summary>A random number from 0 to the modulus − 1 for each connection.</summary>
    public static JsonObject Random(int modulus) => new() { ["numgen"] = new JsonObject { ["mode"] = "random", ["mod"] = modulus } };

    /// <summary>A hash from 0 to the modulus − 1. It is the same in every kernel, because the seed is given.</summary>
    public static JsonObject Hash(JsonNode expression, int modulus, uint seed) =>
        new() { ["jhash"] = new JsonObject { ["expr"] = expression, ["mod"] = modulus, ["seed"] = seed } };

    public static JsonObject RewriteDestination(string family, IPEndPoint destination) => new()
    {
        ["dnat"] = new JsonObject { ["family"] = family, ["addr"] = destination.Address.ToString(), ["port"] = destination.Port },
    };
}
