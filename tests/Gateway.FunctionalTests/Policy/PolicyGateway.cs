using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Policy;

/// <summary>
/// One gateway with a listener per policy, in front of one backend that reads what identity was derived from a version 2 header. Loopback has a
/// whole /8 of addresses, so each class of peer has its own: no namespace is needed.
/// </summary>
public abstract class PolicyGateway(string engine) : IAsyncLifetime
{
    public const string Trusted = "127.0.1.1";
    public const string Checker = "127.0.2.1";
    public const string Neither = "127.0.3.1";

    private readonly Dictionary<string, int> _ports = [];

    public GatewayProcess Gateway { get; private set; } = null!;

    public RecordingTcpServer Backend { get; } = RecordingTcpServer.Start();

    public async ValueTask InitializeAsync()
    {
        var config = new ConfigFile().Set("TcpProxy:Engine", engine).Set("Logging:LogLevel:Default", "Debug");
        Add(config, "required", new { TrustedProxies = new[] { "127.0.1.0/24" }, HealthCheckers = new[] { "127.0.2.0/24" }, HeaderTimeout = "2s" });
        Add(config, "direct", new { TrustedProxies = new[] { "127.0.1.0/24" }, Untrusted = "Direct", HeaderTimeout = "2s" });
        Add(config, "optional", new
        {
            Header = "Optional",
            TrustedProxies = new[] { "127.0.1.0/24" },
            HealthCheckers = new[] { "127.0.2.0/24" },
            OptionalWait = "1s",
        });
        Add(config, "only-v2", new { TrustedProxies = new[] { "127.0.1.0/24" }, Versions = new[] { "V2" }, MaxHeaderBytes = 200 });
        Add(config, "none", null);
        Gateway = await GatewayProcess.StartAsync(config);
    }

    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        await Backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a connection to a listener from an address.</summary>
    public Task<TcpPeer> ConnectAsync(string listener, string from) => TcpPeer.ConnectAsync(_ports[listener], from);

    private void Add(ConfigFile config, string name, object? policy)
    {
        _ports[name] = FreePorts.Next();
        config.AddTcp(name, _ports[name], Backend.Address, new { Mode = "ProxyProtocol" }, policy);
    }
}

/// <summary>On the Linux engine.</summary>
public sealed class LinuxPolicyGateway() : PolicyGateway(Engines.Linux);

/// <summary>On the portable engine.</summary>
public sealed class PortablePolicyGateway() : PolicyGateway(Engines.Portable);
