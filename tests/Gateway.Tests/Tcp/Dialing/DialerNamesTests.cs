using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Names;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;
using Gateway.Tests.Tcp.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>Dials of names: what is asked, what is waited for, and which addresses are tried.</summary>
public sealed class DialerNamesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly DialMeasurements _counted = new();
    private readonly TaskCompletionSource<IPAddress[]> _dead = new();
    private readonly Dictionary<string, IPAddress[]> _names = [];
    private readonly List<string> _asked = [];
    private readonly ScriptedConnection _client = new(static _ => ConnectFailure.None);
    private readonly Dialer _dialer;

    public DialerNamesTests() => _dialer = new Dialer(
        new HostResolver(_time, (name, _) =>
        {
            _asked.Add(name);
            return name.StartsWith("dead", StringComparison.Ordinal) ? _dead.Task
                : _names.TryGetValue(name, out var addresses) ? Task.FromResult(addresses)
                : throw new SocketException((int)SocketError.HostNotFound);
        }),
        _counted.Metrics,
        Passive.Health(_time),
        _time);

    public void Dispose() => _counted.Dispose();

    [Fact]
    public async Task FindAddress_NoNameResolves_SaysSo()
    {
        Assert.Equal(CloseReason.NoDestination, await FindAsync("absent:1"));
        _names["db"] = [IPAddress.Loopback];
        Assert.Null(await FindAsync("absent:1", "db:1"));
    }

    [Fact]
    public void FindAddress_LiteralBesideADeadName_IsThereAtOnce()
    {
        Assert.True(FindAsync("dead:1", "192.0.2.1:1").IsCompletedSuccessfully);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task FindAddress_DeadNames_AreAskedTogetherAndOnlyForSoLong()
    {
        var finding = FindAsync("dead-1:1", "dead-2:1", "dead-3:1");
        Assert.Equal(["dead-1", "dead-2", "dead-3"], _asked);
        Assert.False(finding.IsCompleted);
        _time.Advance(HostResolver.LongestWait);
        Assert.Equal(CloseReason.NoDestination, await finding.WaitAsync(Eventually.DefaultTimeout));
    }

    [Fact]
    public async Task FindAddress_ClientEnds_IsAborted()
    {
        var finding = FindAsync("dead:1");
        Assert.False(finding.IsCompleted);
        _client.Ended.SetResult();
        Assert.Equal(CloseReason.ClientReset, await finding.WaitAsync(Eventually.DefaultTimeout));
    }

    [Fact]
    public async Task Dial_DeadNameFirst_TheOthersAreDialedBeforeItsAnswer()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.7")];
        Assert.Equal(
            "192.0.2.1:1",
            (await DialAsync(Policies.None, "dead:1", "192.0.2.1:1").WaitAsync(Eventually.DefaultTimeout)).Address!.ToString());
        Assert.Equal(
            "192.0.2.7:1",
            (await DialAsync(Policies.None, "dead:1", "db:1").WaitAsync(Eventually.DefaultTimeout)).Address!.ToString());
        Assert.Equal(["dead", "db"], _asked);
    }

    [Fact]
    public async Task Dial_ClientEndsWhileANameIsAsked_IsAborted()
    {
        var dialing = DialAsync(Policies.None, "dead:1");
        Assert.False(dialing.IsCompleted);
        _client.Ended.SetResult();
        Assert.Equal(CloseReason.ClientReset, (await dialing.WaitAsync(Eventually.DefaultTimeout)).Failure);
    }

    [Fact]
    public async Task Dial_NameThatFailed_IsNotAskedAgainForTheFallback()
    {
        // Each attempt takes so long that the failure would be asked again.
        var client = new ScriptedConnection(_ =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return ConnectFailure.Bind;
        });
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.None };
        await DialAsync(client, sourceIp, "absent:1", "192.0.2.1:1");
        Assert.Equal(2, client.Requests.Count);
        Assert.Equal(["absent"], _asked);
    }

    [Fact]
    public async Task Dial_TransparentBehindManyOfTheOtherFamily_FindsTheClients()
    {
        _names["db"] =
        [
            .. Enumerable.Range(1, 5).Select(static index => IPAddress.Parse($"2001:db8::{index}")),
            IPAddress.Parse("192.0.2.1"),
        ];
        var result = await DialAsync(new SourceIpConfig { Mode = SourceIpMode.Transparent }, "db:1");
        Assert.Equal((null, "192.0.2.1:1"), (result.Failure, result.Address?.ToString()));
    }

    [Fact]
    public async Task Dial_NameWithManyAddresses_SpreadsOverAllOfThem()
    {
        _names["pods"] = [.. Enumerable.Range(1, 6).Select(static index => IPAddress.Parse($"192.0.2.{index}"))];
        var cluster = new ClusterModel("c", TestPlane.Cluster("pods:1"));
        for (var i = 0; i < 12; i++)
        {
            await DialAsync(_client, Policies.None, cluster);
        }

        Assert.Equal(
            Enumerable.Repeat(2, 6),
            _client.Requests.CountBy(static request => request.Destination.ToString()).Select(static pair => pair.Value));
    }

    [Fact]
    public async Task Dial_AddressThatFailsChecks_ComesLast()
    {
        _names["pods"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("192.0.2.3")];
        var cluster = new ClusterModel("c", TestPlane.Cluster("pods:1") with { HealthCheck = new() });
        cluster.Destinations[0].Health!.Publish([Checked("192.0.2.1:1", false), Checked("192.0.2.2:1", true)]);
        var client = new ScriptedConnection(static _ => ConnectFailure.Destination);
        await DialAsync(client, Policies.None, cluster);
        Assert.Equal(
            ["192.0.2.2:1", "192.0.2.3:1", "192.0.2.1:1"],
            client.Requests.Select(static request => request.Destination.ToString()));
    }

    [Fact]
    public async Task Dial_Affinity_WaitsForTheClientsOwnName()
    {
        var cluster = new ClusterModel("c", TestPlane.Cluster("dead:1", "192.0.2.1:1") with { SessionAffinity = new() });
        // Of these clients some belong to the name.
        var dials = Enumerable
            .Range(1, 32)
            .Select(index =>
                _dialer.DialAsync(_client, Client($"203.0.113.{index}:4000"), cluster, SourceIpModel.From(Policies.None)).AsTask())
            .ToList();
        Assert.InRange(dials.Count(static dial => !dial.IsCompleted), 1, 31);
        _dead.SetResult([IPAddress.Parse("192.0.2.9")]);
        var results = await Task.WhenAll(dials).WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal(2, results.DistinctBy(static result => result.Address!.ToString()).Count());
    }

    private static AddressHealth Checked(string address, bool isGood)
    {
        var health = new AddressHealth(IPEndPoint.Parse(address), HealthCheckModel.Default);
        health.Count(isGood);
        return health;
    }

    private static ConnectionIdentity Client(string endPoint) => new()
    {
        Client = IPEndPoint.Parse(endPoint),
        Peer = IPEndPoint.Parse("10.0.0.1:9"),
        Local = IPEndPoint.Parse("198.51.100.1:6379"),
        Source = IdentitySource.ProxyProtocolV2,
    };

    private Task<CloseReason?> FindAsync(params string[] addresses) =>
        _dialer.FindAddressAsync(_client, new ClusterModel("c", TestPlane.Cluster(addresses))).AsTask();

    private Task<DialResult> DialAsync(SourceIpConfig sourceIp, params string[] addresses) => DialAsync(_client, sourceIp, addresses);

    private Task<DialResult> DialAsync(ScriptedConnection client, SourceIpConfig sourceIp, params string[] addresses) =>
        DialAsync(client, sourceIp, new ClusterModel("c", TestPlane.Cluster(addresses)));

    // A new cluster's turn begins behind its first destination; what starts where does not matter here but for the first.
    private async Task<DialResult> DialAsync(ScriptedConnection client, SourceIpConfig sourceIp, ClusterModel cluster)
    {
        for (var i = 1; i < cluster.Destinations.Count; i++)
        {
            _ = cluster.State.Turns.Next();
        }

        return await _dialer.DialAsync(client, Client("203.0.113.7:4000"), cluster, SourceIpModel.From(sourceIp));
    }
}
