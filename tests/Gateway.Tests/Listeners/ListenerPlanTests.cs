using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Http.Listeners;
using Gateway.Listeners;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Listeners;

public sealed class ListenerPlanTests
{
    private static readonly ListenerConfig Web = new() { Address = "127.0.0.1:8080", Protocol = ListenerProtocol.Http };

    private static readonly ListenerConfig Intercepting = new() { Address = "*:15006", Protocol = ListenerProtocol.Tcp, Intercept = InterceptMode.TProxy };

    [Fact]
    public void From_ListenersProbesAndAdmin_AllAreThere()
    {
        var plans = ListenerPlan.From(new GatewayConfig
        {
            Listeners = new Dictionary<string, ListenerConfig> { ["web"] = Web },
            Probes = new ProbesConfig { Address = "*:9900" },
        });

        Assert.Equal([ListenerKind.Traffic, ListenerKind.Probes, ListenerKind.Admin], plans.Select(plan => plan.Kind));
        Assert.Equal(["Listeners:web:Address", "Probes:Address", "Admin:Address"], plans.Select(plan => plan.KeyPath));
    }

    [Fact]
    public void From_AdminNull_HasNoAdmin()
    {
        Assert.Empty(ListenerPlan.From(new GatewayConfig { Admin = null }));
    }

    [Fact]
    public void Equals_OnlyThePolicyChanged_IsTheSameListener()
    {
        var before = Plan(Web);
        var after = Plan(Web with
        {
            ProxyProtocol = new ProxyProtocolConfig { TrustedProxies = ["10.0.0.0/8"] },
            ForwardedHeaders = new ForwardedHeadersConfig { TrustedHops = 1 },
        });

        Assert.Equal(before, after);
    }

    [Fact]
    public void Equals_AddressChanged_IsAnother()
    {
        Assert.NotEqual(Plan(Web), Plan(Web with { Address = "127.0.0.1:8081" }));
    }

    [Theory]
    [InlineData(SocketError.AddressAlreadyInUse, "in use")]
    [InlineData(SocketError.AddressNotAvailable, "no interface has this address")]
    [InlineData(SocketError.AccessDenied, "NET_BIND_SERVICE")]
    public void ExplainBindFailure_KnownError_NamesKeyAddressAndCure(SocketError error, string cure)
    {
        var text = Plan(Web).ExplainBindFailure(new SocketException((int)error)).ToString();

        Assert.StartsWith("Listeners:web:Address: 127.0.0.1:8080 cannot be bound: ", text, StringComparison.Ordinal);
        Assert.Contains(cure, text, StringComparison.Ordinal);
    }

    [Fact]
    public void ExplainBindFailure_InterceptingListenerWithoutTheRight_NamesIt()
    {
        var text = Plan(Intercepting).ExplainBindFailure(new SocketException((int)SocketError.AccessDenied)).ToString();

        Assert.Contains("Intercept TProxy needs the capability NET_RAW", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NET_BIND_SERVICE", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Equals_InterceptOrItsMarkChanged_IsAnother()
    {
        Assert.NotEqual(Plan(Intercepting), Plan(Intercepting with { Intercept = InterceptMode.Redirect }));
        Assert.NotEqual(Plan(Intercepting), Plan(Intercepting with { Capture = new CaptureConfig { Mark = 5 } }));
        // What is diverted is the rules' business, not the socket's.
        Assert.Equal(Plan(Intercepting), Plan(Intercepting with { Capture = new CaptureConfig { ExcludeCidrs = ["10.0.0.0/8"] } }));
    }

    private static ListenerPlan Plan(ListenerConfig listener) =>
        ListenerPlan.From(new GatewayConfig { Listeners = new Dictionary<string, ListenerConfig> { ["web"] = listener }, Admin = null }).Single();
}
