using System.Net;
using System.Net.Sockets;
using Gateway.Checks;
using Gateway.Configuration.Loading;
using Gateway.Snapshots;
using Gateway.Tcp.Engines;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.Tests.Checks;

/// <summary>What there is to connect to, and what of it is tried.</summary>
public sealed class BackendTargetsTests
{
    [Theory]
    [InlineData(true, "localhost", "127.0.0.1 ::1")]
    [InlineData(false, "127.0.0.1", "127.0.0.1")]
    public void Of_TheShippedSidecar_AreTheApplicationsPortsOnLoopback(bool hasIpv6, string host, string addresses)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this host has no IPv6");
        var result = ConfigReader.Read(Path.Combine(RepositoryPaths.Root, "deploy/istio/sidecar/appsettings.json"), new Dictionary<string, string>());

        var targets = BackendTargets.Of(SnapshotBuilder.Build(result), hasIpv6);

        Assert.Equal([(host, 8080), (host, 9000)], targets.Select(target => (target.Host, target.Port)));
        Assert.All(targets, target => Assert.Equal(addresses, string.Join(' ', target.Loopback!)));
        Assert.Equal("TcpProxy:Routes:app:Match:DestinationPorts:1", targets[1].KeyPath);
        Assert.All(targets, target => Assert.Equal("TcpProxy:Routes:app:SourceIp:Mode", Assert.Single(target.Users).KeyPath));
    }

    [Theory]
    [InlineData("0.0.0.0:15006", "127.0.0.1")]
    [InlineData("[::]:15006", "::1")]
    public void Of_AListenerOfOneFamily_IsThatFamilysLoopback(string address, string expected)
    {
        var target = Assert.Single(BackendTargets.Of(Intercepting("OriginalPort", "[ 8080, \"9000-9100\" ]", address), hasIpv6: true));

        Assert.Equal(expected, Assert.Single(target.Loopback!).ToString());
    }

    [Theory]
    [InlineData("OriginalPort", "TcpProxy:Routes:in:Match:DestinationPorts:1")]
    [InlineData("OriginalDestination", "TcpProxy:Routes:in:ClusterId")]
    public async Task Destinations_ThatTheFileDoesNotName_AreSkippedAloud(string type, string where)
    {
        var snapshot = Intercepting(type, "[ 8080, \"9000-9100\" ]", "0.0.0.0:15006");
        var findings = new CheckFindings("destination");

        await new DestinationCheck().RunAsync(new CheckContext(snapshot), findings, TestContext.Current.CancellationToken);

        Assert.Equal(where, Assert.Single(findings.Results, result => result.Severity == CheckSeverity.Skip).Where);
    }

    [Fact]
    public void Destination_OnOneOfTwoLoopbacks_IsAWarningWithItsOwnCure()
    {
        var findings = new CheckFindings("destination");
        var target = new BackendTarget("x", "localhost", 8080, TimeSpan.FromSeconds(1), []) { Loopback = [IPAddress.Loopback, IPAddress.IPv6Loopback] };

        DestinationCheck.Judge(target, new Reach([new IPEndPoint(IPAddress.Loopback, 8080)], "[::1]:8080 refuses connections", IsUnknownName: false), findings);

        var result = Assert.Single(findings.Results);
        Assert.Equal(CheckSeverity.Warn, result.Severity);
        Assert.DoesNotContain("DNS", result.Cure, StringComparison.Ordinal);
    }

    /// <summary>No descriptor, no port: the destination was not asked.</summary>
    [Fact]
    public void Destination_ThatCouldNotBeAsked_IsNotBlamed()
    {
        var findings = new CheckFindings("destination");
        var target = new BackendTarget("x", "192.0.2.1", 8080, TimeSpan.FromSeconds(1), []);

        DestinationCheck.Judge(target, new Reach([], null, IsUnknownName: false) { Unasked = "192.0.2.1:8080 Too many open files" }, findings);

        var result = Assert.Single(findings.Results);
        Assert.Equal((CheckSeverity.Warn, true), (result.Severity, result.What.Contains("Too many open files", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(ConnectFailure.Resources, SocketError.TooManyOpenSockets, true)]
    [InlineData(ConnectFailure.Permission, SocketError.AccessDenied, true)]
    [InlineData(ConnectFailure.Self, SocketError.ConnectionRefused, false)]
    [InlineData(ConnectFailure.Destination, SocketError.ConnectionRefused, false)]
    [InlineData(ConnectFailure.Timeout, SocketError.TimedOut, false)]
    public void ConnectProblem_OfAFailure_KnowsWhoseItIs(ConnectFailure failure, SocketError error, bool isOurs) =>
        Assert.Equal(isOurs, ConnectProblem.Of(failure, error, TimeSpan.FromSeconds(1)).IsOurs);

    [Fact]
    public async Task Reach_OwnListener_IsRefusedBeforeItIsConnectedTo()
    {
        await using var listener = RecordingTcpServer.Start();
        var own = new OwnListeners();
        using var entry = own.Add("web", listener.EndPoint, dualMode: false);
        var target = new BackendTarget("x", "127.0.0.1", listener.Port, TimeSpan.FromSeconds(5), []);

        var reach = await Reach.ProbeAsync(target, own, TestContext.Current.CancellationToken);

        Assert.Empty(reach.EndPoints);
        Assert.Equal($"{listener.EndPoint} is one of this gateway's own listeners", reach.Problem);
        Assert.Equal(0, listener.Accepted);
    }

    [Fact]
    public void Addresses_OfAName_AreTriedFourOfEachFamily()
    {
        var addresses = Enumerable.Range(1, 9).Select(i => IPAddress.Parse($"192.0.2.{i}")).Append(IPAddress.Parse("2001:db8::1"));

        Assert.Equal(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::1"], Reach.Select(addresses).Select(address => address.ToString()));
    }

    private static GatewaySnapshot Intercepting(string type, string ports, string address) => VerdictTests.Snapshot($$"""
        "Listeners": { "in": { "Address": "{{address}}", "Protocol": "Tcp", "Intercept": "TProxy" } },
        "TcpProxy": {
          "Routes": { "in": { "Listener": "in", "ClusterId": "c", "Match": { "DestinationPorts": {{ports}} }, "SourceIp": { "Mode": "None" } } },
          "Clusters": { "c": { "Type": "{{type}}" } }
        }
        """);
}
