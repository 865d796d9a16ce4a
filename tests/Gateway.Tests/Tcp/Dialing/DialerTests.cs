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
using Gateway.Tests.Tcp.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Dialing;

public sealed class DialerTests : IDisposable
{
    private static readonly ConnectionIdentity V6Client = Identity("[2001:db8::7]:4000");
    private static readonly ConnectionIdentity V4Client = Identity("203.0.113.7:4000");

    private readonly FakeTimeProvider _time = new();
    private readonly DialMeasurements _counted = new();
    private readonly Dictionary<string, IPAddress[]> _names = [];

    public void Dispose() => _counted.Dispose();

    [Fact]
    public async Task Dial_Name_TriesItsAddressesInTurn()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];
        var client = new ScriptedConnection(request =>
            request.Destination.Address.Equals(IPAddress.Parse("192.0.2.2")) ? ConnectFailure.None : ConnectFailure.Timeout);
        var result = await Dial(client, V4Client, Policies.None, "db:5432");
        Assert.Equal((null, "192.0.2.2:5432"), (result.Failure, result.Address!.ToString()));
        Assert.Equal((2, 1), (client.Requests.Count, _counted.Retries));
    }

    [Fact]
    public async Task Dial_Transparent_TakesAddressesOfTheClientsFamily()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::9")];
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var result = await Dial(client, V6Client, new SourceIpConfig { Mode = SourceIpMode.Transparent }, "db:5432");
        Assert.Equal((SourceIpMode.Transparent, "[2001:db8::9]:5432"), (result.Mode, result.Address!.ToString()));
        Assert.Equal(0, _counted.Unusable);
        Assert.Equal("[2001:db8::7]:0", Assert.Single(client.Requests).TransparentSource!.ToString());
    }

    [Fact]
    public async Task Dial_TransparentWithClientPort_BindsIt()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        await Dial(client, V4Client, new SourceIpConfig { Mode = SourceIpMode.Transparent, Port = SourcePort.Client }, "192.0.2.1:1");
        Assert.Equal(V4Client.Client, Assert.Single(client.Requests).TransparentSource);
    }

    [Theory]
    [InlineData(ConnectFailure.Bind)]
    [InlineData(ConnectFailure.Permission)]
    public async Task Dial_BindFails_FollowsTheFallback(ConnectFailure failure)
    {
        var client = new ScriptedConnection(request => request.TransparentSource is null ? ConnectFailure.None : failure);
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.ProxyProtocol };
        var result = await Dial(client, V4Client, sourceIp, "192.0.2.1:1");
        Assert.Equal((null, SourceIpMode.ProxyProtocol), (result.Failure, result.Mode));
        Assert.Equal([failure.ToString().ToLowerInvariant()], _counted.FromClients);
        Assert.Equal([null], _counted.Asked);
    }

    [Theory]
    [InlineData("203.0.113.7:4000", "203.0.113.7:1", false)]
    [InlineData("127.0.0.5:4000", "192.0.2.1:1", false)]
    [InlineData("127.0.0.5:4000", "127.0.0.1:1", true)]
    [InlineData("198.51.100.1:4000", "192.0.2.1:1", false)]
    [InlineData("203.0.113.7:4000", "127.0.0.1:1", true)]
    [InlineData("[2001:db8::7]:4000", "192.0.2.1:1", false)]
    public void CanBind_WhatTheKernelWouldNotSay_IsKnown(string client, string destination, bool expected) =>
        Assert.Equal(expected, TransparentRules.CanBind(Identity(client), IPEndPoint.Parse(destination).Address));

    [Theory]
    [InlineData("203.0.113.7:4660", "FE081234CB007107")]
    [InlineData("[2001:db8::7]:4660", "FD14123420010DB8000000000000000000000007")]
    public async Task Dial_Toa_HandsOverTheClientsOption(string address, string option)
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var result = await Dial(client, Identity(address), new SourceIpConfig { Mode = SourceIpMode.Toa }, "192.0.2.1:1");
        var request = Assert.Single(client.Requests);
        Assert.Equal((SourceIpMode.Toa, option), (result.Mode, Convert.ToHexString(request.ClientOption.Span)));
        Assert.Null(request.TransparentSource);
    }

    [Theory]
    [InlineData(SourceIpFallback.Reject, CloseReason.SourceIpUnusable, SourceIpMode.Toa)]
    [InlineData(SourceIpFallback.ProxyProtocol, null, SourceIpMode.ProxyProtocol)]
    [InlineData(SourceIpFallback.None, null, SourceIpMode.None)]
    public async Task Dial_ToaWithoutRoomOrFormat_FollowsTheFallback(SourceIpFallback fallback, CloseReason? failure, SourceIpMode mode)
    {
        var noRoom = new ScriptedConnection(static request => request.ClientOption.IsEmpty ? ConnectFailure.None : ConnectFailure.Option);
        var result = await Dial(noRoom, V6Client, new SourceIpConfig { Mode = SourceIpMode.Toa, Fallback = fallback }, "192.0.2.1:1");
        Assert.Equal((failure, mode), (result.Failure, result.Mode));
        Assert.Equal(0, _counted.Unusable);

        var noFormat = new ScriptedConnection(static _ => ConnectFailure.None);
        result = await Dial(
            noFormat,
            V6Client,
            new SourceIpConfig
            {
                Mode = SourceIpMode.Toa,
                ToaOptions = ["254/8"],
                Fallback = fallback,
            },
            "192.0.2.1:1");
        Assert.Equal((failure, mode), (result.Failure, result.Mode));
        Assert.Equal((1, 0), (_counted.Unusable, noFormat.Requests.Count(static request => !request.ClientOption.IsEmpty)));
    }

    [Fact]
    public async Task Dial_TimeoutInTransparentMode_IsNoReasonToFallBack()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.Timeout);
        var result = await Dial(
            client,
            V4Client,
            new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.None },
            "192.0.2.1:1");
        Assert.Equal((CloseReason.BackendConnectTimeout, 1), (result.Failure, client.Requests.Count));
    }

    [Fact]
    public async Task Dial_ClientAborted_StopsAtOnce()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.Aborted);
        var result = await Dial(client, V4Client, Policies.None, "192.0.2.1:1", "192.0.2.2:1");
        Assert.Equal((CloseReason.ClientReset, 1), (result.Failure, client.Requests.Count));
    }

    [Theory]
    [InlineData(SourceIpFallback.Reject, true, CloseReason.SourceIpUnusable, SourceIpMode.Dnat)]
    [InlineData(SourceIpFallback.Reject, false, CloseReason.NoDestination, SourceIpMode.Dnat)]
    [InlineData(SourceIpFallback.None, true, null, SourceIpMode.None)]
    [InlineData(SourceIpFallback.ProxyProtocol, false, null, SourceIpMode.ProxyProtocol)]
    public async Task Dial_DnatThatTheKernelLeftToUs_FollowsTheFallback(
        SourceIpFallback fallback,
        bool isHealthy,
        CloseReason? failure,
        SourceIpMode mode)
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var cluster = Checked(isHealthy);
        var sourceIp = SourceIpModel.From(new SourceIpConfig { Mode = SourceIpMode.Dnat, Fallback = fallback });

        var result = await new Dialer(Resolver(), _counted.Metrics, Passive.Health(_time), _time).DialAsync(
            client,
            V4Client,
            cluster,
            sourceIp);

        Assert.Equal((failure, mode), (result.Failure, result.Mode));
        Assert.Equal(failure is null ? 1 : 0, client.Requests.Count);
    }

    [Fact]
    public async Task Dial_DestinationsThatChecksLeaveOut_AreNotTriedUnlessAllAre()
    {
        var cluster = Checked(false, true, false);
        var client = new ScriptedConnection(static _ => ConnectFailure.Destination);
        var dialer = new Dialer(Resolver(), _counted.Metrics, Passive.Health(_time), _time);

        await dialer.DialAsync(client, V4Client, cluster, SourceIpModel.From(Policies.None));
        Assert.Equal("192.0.2.2:1", Assert.Single(client.Requests).Destination.ToString());

        Publish(cluster.Destinations[1], false);
        await dialer.DialAsync(client, V4Client, cluster, SourceIpModel.From(Policies.None));
        Assert.Equal(1 + 3, client.Requests.Count);
    }

    [Fact]
    public async Task Dial_WeightsAndAffinity_ChooseWhereToStart()
    {
        var config = TestPlane.Cluster("192.0.2.1:1", "192.0.2.2:1");
        var weighted = config with
        {
            Destinations = new Dictionary<string, TcpDestinationConfig>
            {
                ["a"] = new() { Address = "192.0.2.1:1", Weight = 3 },
                ["b"] = new() { Address = "192.0.2.2:1" },
                ["c"] = new() { Address = "192.0.2.3:1", Weight = 0 },
            },
        };
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var dialer = new Dialer(Resolver(), _counted.Metrics, Passive.Health(_time), _time);
        var inTurn = new ClusterModel("c", weighted);
        var byClient = new ClusterModel("c", config with { SessionAffinity = new() });

        for (var i = 0; i < 8; i++)
        {
            await dialer.DialAsync(client, V4Client, inTurn, SourceIpModel.From(Policies.None));
        }

        Assert.Equal(
            [("192.0.2.1:1", 6), ("192.0.2.2:1", 2)],
            client.Requests.CountBy(request => request.Destination.ToString()).Select(pair => (pair.Key, pair.Value)).Order());
        client.Requests.Clear();
        for (var i = 0; i < 8; i++)
        {
            await dialer.DialAsync(client, V4Client, byClient, SourceIpModel.From(Policies.None));
        }

        Assert.Single(client.Requests.DistinctBy(request => request.Destination.ToString()));
    }

    private static ClusterModel Checked(params bool[] verdicts)
    {
        var cluster = new ClusterModel(
            "c",
            TestPlane.Cluster([.. verdicts.Select(static (_, index) => $"192.0.2.{index + 1}:1")]) with
            {
                HealthCheck = new(),
            });
        foreach (var (destination, isHealthy) in cluster.Destinations.Zip(verdicts))
        {
            Publish(destination, isHealthy);
        }

        return cluster;
    }

    private static void Publish(DestinationModel destination, bool isHealthy)
    {
        var address = new AddressHealth(IPEndPoint.Parse(destination.Address), HealthCheckModel.Default);
        address.Count(isHealthy);
        destination.Health!.Publish([address]);
    }

    [Fact]
    public async Task Dial_EveryDestinationDead_IsBounded()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.Destination);
        var result = await Dial(
            client,
            V4Client,
            Policies.None,
            [.. Enumerable.Range(1, 100).Select(static index => $"192.0.2.{index}:1")]);
        Assert.Equal((CloseReason.BackendConnectFailed, 16), (result.Failure, client.Requests.Count));
    }

    [Fact]
    public async Task Dial_BindFailsEverywhere_LeavesTheFallbackItsAttempts()
    {
        var client = new ScriptedConnection(static request =>
            request.TransparentSource is null ? ConnectFailure.None : ConnectFailure.Bind);
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.None };
        var result = await Dial(client, V4Client, sourceIp, [.. Enumerable.Range(1, 17).Select(static index => $"192.0.2.{index}:1")]);
        Assert.Equal((null, SourceIpMode.None, 17), (result.Failure, result.Mode, result.Attempts));
    }

    [Theory]
    [InlineData(SourceIpFallback.Reject, 3)]
    [InlineData(SourceIpFallback.None, 6)]
    public async Task Dial_BindFailsAfterATimeout_TheTimeoutIsTheReason(SourceIpFallback fallback, int attempts)
    {
        var client = new ScriptedConnection(static request =>
            request.TransparentSource is null ? ConnectFailure.Permission
            : request.Destination.Port == 1 ? ConnectFailure.Timeout
            : ConnectFailure.Bind);
        var result = await Dial(
            client,
            V4Client,
            new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = fallback },
            "192.0.2.1:1",
            "192.0.2.2:1",
            "192.0.2.3:2");
        Assert.Equal((CloseReason.BackendConnectTimeout, 1), (result.Failure, result.Address!.Port));
        Assert.Equal((attempts, attempts), (result.Attempts, client.Requests.Count));
    }

    [Fact]
    public async Task Dial_EverySpentAttemptATimeout_IsTheReasonAlsoWithAFallback()
    {
        var client = new ScriptedConnection(static request => request.Destination.Port == 2 ? ConnectFailure.Bind : ConnectFailure.Timeout);
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.None };
        var result = await Dial(
            client,
            V4Client,
            sourceIp,
            ["192.0.2.1:2", "192.0.2.2:2", .. Enumerable.Range(3, 16).Select(static index => $"192.0.2.{index}:1")]);
        Assert.Equal((CloseReason.BackendConnectTimeout, 16), (result.Failure, client.Requests.Count(static request => request.Destination.Port == 1)));
    }

    [Fact]
    public async Task Dial_OriginalDestination_IsTheKernelsNeverTheHeaders()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var cluster = new ClusterModel("c", new TcpClusterConfig { Type = TcpClusterType.OriginalDestination });
        var identity = V4Client with { OriginalDestination = IPEndPoint.Parse("192.0.2.99:22") };
        var dialer = new Dialer(Resolver(), _counted.Metrics, Passive.Health(_time), _time);
        Assert.Null(await dialer.FindAddressAsync(client, cluster));
        var result = await dialer.DialAsync(
            client,
            identity,
            cluster,
            SourceIpModel.From(new SourceIpConfig { Mode = SourceIpMode.None, Mark = 7 }));
        Assert.Equal((null, "original"), (result.Failure, result.Destination!.Name));
        var request = Assert.Single(client.Requests);
        Assert.Equal((identity.Local, 7), (request.Destination, request.Mark));
    }

    [Theory]
    [InlineData("203.0.113.7:4000", "127.0.0.1:6379")]
    [InlineData("[2001:db8::7]:4000", "[::1]:6379")]
    public async Task Dial_OriginalPort_IsLoopbackOfTheClientsFamilyWithTheClientsPort(string address, string expected)
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var identity = Identity(address);
        identity = identity with { Peer = identity.Client };
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Transparent, Port = SourcePort.Client };
        var cluster = new ClusterModel("c", new TcpClusterConfig { Type = TcpClusterType.OriginalPort });
        await new Dialer(Resolver(), _counted.Metrics, Passive.Health(_time), _time).DialAsync(
            client,
            identity,
            cluster,
            SourceIpModel.From(sourceIp));
        var request = Assert.Single(client.Requests);
        Assert.Equal((IPEndPoint.Parse(expected), identity.Client), (request.Destination, request.TransparentSource));
    }

    [Theory]
    [InlineData("203.0.113.7:4000", 0)]
    [InlineData("10.0.0.1:9", 4000)]
    public async Task Dial_ClientsPortTowardsItsOwnConnection_IsLeftToTheKernel(string peer, int port)
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var identity = V4Client with { Peer = IPEndPoint.Parse(peer) };
        await Dial(
            client,
            identity,
            new SourceIpConfig { Mode = SourceIpMode.Transparent, Port = SourcePort.Client },
            identity.Local.ToString());
        Assert.Equal(new IPEndPoint(identity.Client.Address, port), Assert.Single(client.Requests).TransparentSource);
    }

    [Theory]
    [InlineData("192.0.2.5:8080", false)]
    [InlineData("198.51.100.5:15006", true)] // a foreign address is not our listener, whatever the port
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("127.0.0.1:15006", false)]
    public void MayDial_OwnAddressesAndWhatIsAllowed_ButNotOurselves(string destination, bool expected)
    {
        var config = new TcpClusterConfig { Type = TcpClusterType.OriginalDestination, AllowedDestinations = ["198.51.100.0/24"] };
        var identity = V4Client with { Local = IPEndPoint.Parse(destination) };
        Assert.Equal(expected, new ClusterModel("c", config).Original!.MayDial(identity, 15006));
    }

    [Theory]
    [InlineData(SocketError.AddressNotAvailable, 2)]
    [InlineData(SocketError.TooManyOpenSockets, 1)]
    public async Task Dial_OutOfPorts_AnotherDestinationIsTriedAndOutOfDescriptorsNone(SocketError error, int attempts)
    {
        var client = new ScriptedConnection(_ => ConnectFailure.Resources) { Error = error };
        var result = await Dial(
            client,
            Identity("203.0.113.7:1"),
            new SourceIpConfig { Mode = SourceIpMode.None },
            "192.0.2.1:80",
            "192.0.2.2:80");
        Assert.Equal((CloseReason.Resources, attempts), (result.Failure, client.Requests.Count));
    }

    private static ConnectionIdentity Identity(string client) => new()
    {
        Client = IPEndPoint.Parse(client),
        Peer = IPEndPoint.Parse("10.0.0.1:9"),
        Local = IPEndPoint.Parse("198.51.100.1:6379"),
        Source = IdentitySource.ProxyProtocolV2,
    };

    private HostResolver Resolver() =>
        new(
            _time,
            (name, _) =>
            {
                return _names.TryGetValue(name, out var addresses)
                    ? Task.FromResult(addresses)
                    : throw new SocketException((int)SocketError.HostNotFound);
            });

    private async Task<DialResult> Dial(
        TcpConnection client,
        ConnectionIdentity identity,
        SourceIpConfig sourceIp,
        params string[] addresses)
    {
        var cluster = new ClusterModel("c", TestPlane.Cluster(addresses));
        return await new Dialer(Resolver(), _counted.Metrics, Passive.Health(_time), _time).DialAsync(
            client,
            identity,
            cluster,
            SourceIpModel.From(sourceIp));
    }
}
