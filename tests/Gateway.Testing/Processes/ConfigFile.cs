using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Testing.Network;

namespace Gateway.Testing.Processes;

/// <summary>
/// A configuration file under construction. It always has an Admin listener on a port of its own; everything else is added by name. Values are
/// given as anonymous objects in the file's own words, so that a test reads like the file.
/// </summary>
public sealed class ConfigFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly JsonObject _root;

    /// <summary>An empty configuration with an Admin listener.</summary>
    public ConfigFile()
        : this([], FreePorts.Next()) => Set("Admin", new { Address = $"127.0.0.1:{AdminPort}" });

    private ConfigFile(JsonObject root, int adminPort)
    {
        _root = root;
        AdminPort = adminPort;
    }

    /// <summary>The Admin listener's port.</summary>
    public int AdminPort { get; }

    /// <summary>A configuration with one TCP listener, one route and one cluster.</summary>
    public static ConfigFile Tcp(int port, string backend, object sourceIp, object? proxyProtocol = null) =>
        new ConfigFile().AddTcp("in", port, backend, sourceIp, proxyProtocol);

    /// <summary>Adds a TCP listener with a route and a cluster of the same name.</summary>
    public ConfigFile AddTcp(string name, int port, string backend, object sourceIp, object? proxyProtocol = null, string address = "127.0.0.1") =>
        Listener(name, $"{address}:{port}", "Tcp", proxyProtocol)
            .Route(name, new { Listener = name, ClusterId = name, SourceIp = sourceIp })
            .Cluster(name, backend);

    /// <summary>Adds a listener.</summary>
    public ConfigFile Listener(string name, string address, string protocol, object? proxyProtocol = null)
    {
        Set($"Listeners:{name}", new { Address = address, Protocol = protocol });
        return proxyProtocol is null ? this : Set($"Listeners:{name}:ProxyProtocol", proxyProtocol);
    }

    /// <summary>Adds a TCP route.</summary>
    public ConfigFile Route(string name, object route) => Set($"TcpProxy:Routes:{name}", route);

    /// <summary>Adds a TCP cluster with one destination per address.</summary>
    public ConfigFile Cluster(string name, params string[] addresses)
    {
        for (var i = 0; i < addresses.Length; i++)
        {
            Set($"TcpProxy:Clusters:{name}:Destinations:{name}-{i}", new { Address = addresses[i] });
        }

        return this;
    }

    /// <summary>Adds an HTTP listener and sends everything that arrives anywhere to one backend.</summary>
    public ConfigFile AddHttp(string name, int port, string backend, object? proxyProtocol = null, string address = "127.0.0.1") =>
        Listener(name, $"{address}:{port}", "Http", proxyProtocol)
            .Set($"ReverseProxy:Routes:{name}", new { ClusterId = name, Match = new { Path = "{**any}" }, Metadata = new { Listeners = name } })
            .Set($"ReverseProxy:Clusters:{name}:Destinations:{name}-0", new { Address = $"http://{backend}/" });

    /// <summary>Sets a value by its key path.</summary>
    public ConfigFile Set(string path, object? value)
    {
        var keys = path.Split(':');
        var node = _root;
        foreach (var key in keys[..^1])
        {
            node = (JsonObject)(node[key] ??= new JsonObject());
        }

        node[keys[^1]] = JsonSerializer.SerializeToNode(value);
        return this;
    }

    /// <summary>Removes a value by its key path.</summary>
    public ConfigFile Remove(string path)
    {
        var keys = path.Split(':');
        var node = keys[..^1].Aggregate((JsonNode?)_root, (n, key) => n?[key]);
        (node as JsonObject)?.Remove(keys[^1]);
        return this;
    }

    /// <summary>A copy that can be changed on its own; it keeps the Admin port.</summary>
    public ConfigFile Copy() => new((JsonObject)_root.DeepClone(), AdminPort);

    /// <summary>The file's text.</summary>
    public string ToJson() => _root.ToJsonString(Indented);
}
