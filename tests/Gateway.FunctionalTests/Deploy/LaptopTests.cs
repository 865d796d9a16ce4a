using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Configuration.Loading;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>deploy/compose: the topology of the README's picture, with Docker and without.</summary>
public sealed class LaptopTests
{
    private const string Client = "203.0.113.7";
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "deploy/compose");

    [Fact]
    public async Task Namespaces_Once_EveryBackendSeesTheClientsOwnAddress()
    {
        string[] programs = ["haproxy", "redis-server", "redis-cli", "prometheus", "curl", "ip", "nsenter", "unshare", "setpriv"];
        foreach (var program in programs)
        {
            DebianPeer.Require(program);
        }

        var allowed = await ProcessRunner.RunAsync(["unshare", "--net", "--mount", "--pid", "--fork", "true"]);
        Assert.SkipWhen(allowed.ExitCode != 0, $"namespaces cannot be made here: {allowed.Output.Trim()}");

        var run = await ProcessRunner.RunAsync(
            ["/bin/bash", Path.Combine(Folder, "namespaces.sh"), "--once"],
            timeout: TimeSpan.FromMinutes(2),
            environment: new Dictionary<string, string> { ["GATEWAY"] = RepositoryPaths.GatewayExecutable });

        var output = run.RequireSuccess().StandardOutput;
        Assert.Contains($"\nX-Forwarded-For: {Client}\n", output, StringComparison.Ordinal);
        Assert.Matches($@"\nid=\d+ addr={Regex.Escape(Client)}:\d+ laddr=127\.0\.0\.1:6380 ", output);
        Assert.Matches($@"\nclient={Regex.Escape(Client)}:\d+ via=proxy-v2 peer=10\.77\.0\.10:\d+ ", output);
        Assert.Contains(
            "gateway_proxy_protocol_received_total{listener=\"redis\",result=\"proxy\",version=\"v2\"}", output, StringComparison.Ordinal);
        // Namespaces of processes end with their first process: nothing is left, whatever the script did.
        Assert.DoesNotContain(
            Directory.GetDirectories("/proc").Select(CommandOf),
            static command => command.Contains($"\0-db\0-f\0{Folder}/haproxy.cfg", StringComparison.Ordinal));
    }

    [Fact]
    public void Configuration_OfTheGateway_IsValid() =>
        Assert.Empty(ConfigReader.Read(Path.Combine(Folder, "gateway/appsettings.json"), new Dictionary<string, string>()).Errors);

    [Fact]
    public async Task Haproxy_ItsConfiguration_IsValid() =>
        (await ProcessRunner.RunAsync([DebianPeer.Require("haproxy"), "-c", "-f", Path.Combine(Folder, "haproxy.cfg")])).RequireSuccess();

    [Fact]
    public async Task Compose_AllServices_AreWhatTheOtherFilesSay()
    {
        var compose = await YamlFile.ReadAsync("deploy/compose/compose.yaml");
        var services = compose.GetProperty("services").EnumerateObject().ToDictionary(
            static service => service.Name, static service => service.Value);

        Assert.Equal(["balancer", "client", "gateway", "grafana", "prometheus", "redis", "return-route", "whoami"], services.Keys.Order());
        Assert.All(services, static service => Assert.True(service.Value.TryGetProperty("image", out _), service.Key));
        // Nobody but this machine reaches them.
        Assert.All(
            services.Values.SelectMany(static service => Texts(service, "ports")),
            static port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.All(
            services.Values.SelectMany(static service => Texts(service, "volumes")),
            static volume =>
            {
                var parts = volume.Split(':');
                Assert.Equal("ro", parts[^1]);
                // The dashboards' folder may be filled later: a folder that is not there would be made by Docker, and be empty.
                Assert.True(Path.Exists(Path.Combine(Folder, parts[0])) || parts[0] == "../grafana", volume);
            });

        // Addresses stand in three files and the script.
        var addresses = services.ToDictionary(static service => service.Key, static service => AddressesOf(service.Value));
        var balancer = await File.ReadAllTextAsync(Path.Combine(Folder, "haproxy.cfg"), TestContext.Current.CancellationToken);
        var gateway = await File.ReadAllTextAsync(Path.Combine(Folder, "gateway/appsettings.json"), TestContext.Current.CancellationToken);
        var prometheus = await File.ReadAllTextAsync(Path.Combine(Folder, "prometheus.yml"), TestContext.Current.CancellationToken);
        var script = await File.ReadAllTextAsync(Path.Combine(Folder, "namespaces.sh"), TestContext.Current.CancellationToken);
        Assert.Equal(3, Regex.Count(balancer, $@"server gateway {Regex.Escape(addresses["gateway"]["inside"])}:\d+\n"));
        Assert.Contains($"\"balancer\": [ \"{addresses["balancer"]["inside"]}/32\" ]", gateway, StringComparison.Ordinal);
        Assert.Contains($"{addresses["whoami"]["inside"]}:9100", gateway, StringComparison.Ordinal);
        Assert.Contains($"{addresses["gateway"]["inside"]}:9900", prometheus, StringComparison.Ordinal);
        Assert.All(
            ["client", "balancer", "gateway", "whoami", "prometheus"],
            name => Assert.Contains(
                $"\nhost {name} {string.Join(' ', addresses[name].Select(static address => $"{address.Key} {address.Value}"))}\n", script,
                StringComparison.Ordinal));
    }

    /// <summary>The gateway has one right, and what stands beside it in its network has only the right to set a route.</summary>
    [Fact]
    public async Task Compose_ItsGateway_HasNetRawAndNothingElse()
    {
        var services = (await YamlFile.ReadAsync("deploy/compose/compose.yaml")).GetProperty("services");

        Assert.Equal(["ALL"], Texts(services.GetProperty("gateway"), "cap_drop"));
        Assert.Equal(["NET_RAW"], Texts(services.GetProperty("gateway"), "cap_add"));
        Assert.True(services.GetProperty("gateway").GetProperty("read_only").GetBoolean());
        Assert.Equal(["no-new-privileges:true"], Texts(services.GetProperty("gateway"), "security_opt"));
        Assert.Equal(["NET_ADMIN"], Texts(services.GetProperty("return-route"), "cap_add"));
        Assert.Equal("service:gateway", services.GetProperty("redis").GetProperty("network_mode").GetString());
    }

    // Processes end while they are looked at.
    private static string CommandOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string[] Texts(JsonElement service, string key) =>
        service.TryGetProperty(key, out var list) ? [.. list.EnumerateArray().Select(static item => item.GetString()!)] : [];

    private static Dictionary<string, string> AddressesOf(JsonElement service) =>
        service.TryGetProperty("networks", out var networks)
            ? networks.EnumerateObject().ToDictionary(
                static network => network.Name, static network => network.Value.GetProperty("ipv4_address").GetString()!)
            : [];
}
