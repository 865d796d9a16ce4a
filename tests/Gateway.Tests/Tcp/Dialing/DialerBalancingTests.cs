using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Names;
using Gateway.Tcp.SourceIp;
using Gateway.Tests.Tcp.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>Which destination, and which address of a name, a dial chooses by connections and priorities.</summary>
public sealed class DialerBalancingTests : IDisposable
{
    private static readonly ConnectionIdentity Client = new()
    {
        Client = IPEndPoint.Parse("203.0.113.7:4000"),
        Peer = IPEndPoint.Parse("10.0.0.1:9"),
        Local = IPEndPoint.Parse("198.51.100.1:6379"),
        Source = IdentitySource.ProxyProtocolV2,
    };

    private readonly FakeTimeProvider _time = new();
    private readonly DialMeasurements _counted = new();
    private readonly Dictionary<string, IPAddress[]> _names = [];
    private readonly Dictionary<string, ConnectFailure> _failing = [];
    private readonly ScriptedConnection _client;
    private readonly PassiveHealth _passive;
    private readonly Dialer _dialer;
    private readonly Dictionary<string, List<Load>> _open = [];

    public DialerBalancingTests()
    {
        _client = new ScriptedConnection(request => _failing.GetValueOrDefault(request.Destination.ToString()));
        _passive = Passive.Health(_time);
        _dialer = new Dialer(
            new HostResolver(_time, (name, _) => _names.TryGetValue(name, out var addresses)
                ? Task.FromResult(addresses)
                : throw new SocketException((int)SocketError.HostNotFound)),
            _counted.Metrics,
            _passive,
            _time);
    }

    public void Dispose() => _counted.Dispose();

    [Fact]
    public async Task Dial_LeastRequestsOfAHeadlessService_ANewPodGetsItsShareAndADeadNone()
    {
        var cluster = Cluster(TcpLoadBalancingPolicy.LeastRequests, ("pods:1", 0));
        Name("pods", 1, 2);
        await ConnectAsync(cluster, 10);
        Assert.Equal("192.0.2.1:1=5 192.0.2.2:1=5", Open);

        Name("pods", 1, 2, 3);
        await ConnectAsync(cluster, 5);
        Assert.Equal("192.0.2.1:1=5 192.0.2.2:1=5 192.0.2.3:1=5", Open);

        _failing["192.0.2.2:1"] = ConnectFailure.Timeout;
        End("192.0.2.2:1", 5);
        _client.Requests.Clear();
        await ConnectAsync(cluster, 10);
        Assert.Equal("192.0.2.1:1=10 192.0.2.2:1=0 192.0.2.3:1=10", Open);
        Assert.Equal(2, Asked("192.0.2.2:1"));
        Assert.False(cluster.Destinations[0].State.Passive.IsFailing);

        _failing.Clear();
        _time.Advance(TimeSpan.FromSeconds(10));
        await ConnectAsync(cluster, 10);
        Assert.Equal("192.0.2.1:1=10 192.0.2.2:1=10 192.0.2.3:1=10", Open);
    }

    [Fact]
    public async Task Dial_DeadAddressThatIsTried_CostsOneClientOfEachTime()
    {
        var cluster = Cluster(TcpLoadBalancingPolicy.RoundRobin, ("pods:1", 0));
        Name("pods", 1, 2, 3);
        _failing["192.0.2.2:1"] = ConnectFailure.Timeout;
        await ConnectAsync(cluster, 30);
        // The two attempts that failed went on to the next address.
        Assert.Equal((2, "192.0.2.1:1=14 192.0.2.3:1=16"), (Asked("192.0.2.2:1"), Open));

        _time.Advance(TimeSpan.FromSeconds(10));
        await ConnectAsync(cluster, 30);
        Assert.Equal(3, Asked("192.0.2.2:1"));
    }

    [Fact]
    public async Task Dial_EveryAddressDead_AllAreTried()
    {
        var cluster = Cluster(TcpLoadBalancingPolicy.LeastRequests, ("pods:1", 0));
        Name("pods", 1, 2, 3);
        foreach (var host in Enumerable.Range(1, 3))
        {
            _failing[$"192.0.2.{host}:1"] = ConnectFailure.Destination;
        }

        await ConnectAsync(cluster, 3);
        _client.Requests.Clear();
        await ConnectAsync(cluster, 1);

        Assert.Equal(3, _client.Requests.DistinctBy(static request => request.Destination.ToString()).Count());
        Assert.Equal(0, cluster.Destinations[0].State.Connections);
        Assert.All(cluster.Destinations[0].State.Addresses.Current, static address => Assert.Equal(0, address.Connections));
    }

    [Fact]
    public async Task Dial_FailedAttempts_CountAgainstNobodysShare()
    {
        var cluster = Cluster(TcpLoadBalancingPolicy.LeastRequests, ("192.0.2.1:1", 0), ("192.0.2.2:1", 0));
        _failing["192.0.2.1:1"] = ConnectFailure.Destination;

        await ConnectAsync(cluster, 4);

        Assert.Equal([0, 4], cluster.Destinations.Select(static destination => destination.State.Connections));
        End("192.0.2.2:1", 4);
        Assert.Equal([0, 0], cluster.Destinations.Select(static destination => destination.State.Connections));
    }

    [Fact]
    public async Task Dial_Priorities_AreTriedInOrderWithinOneDial()
    {
        var cluster = Cluster(
            TcpLoadBalancingPolicy.RoundRobin, ("192.0.2.9:1", 7), ("192.0.2.1:1", 0), ("192.0.2.2:1", 0), ("192.0.2.8:1", 3));
        await ConnectAsync(cluster, 10);
        Assert.Equal("192.0.2.1:1=5 192.0.2.2:1=5", Open);

        foreach (var host in new[] { 1, 2, 8 })
        {
            _failing[$"192.0.2.{host}:1"] = ConnectFailure.Destination;
        }

        _client.Requests.Clear();
        await ConnectAsync(cluster, 1);
        Assert.Equal(
            ["192.0.2.8:1", "192.0.2.9:1"],
            _client.Requests.Select(static request => request.Destination.ToString()).Skip(2));
        Assert.Equal("192.0.2.1:1=5 192.0.2.2:1=5 192.0.2.9:1=1", Open);
    }

    [Fact]
    public async Task Dial_LowestPriorityUnhealthyOrLeftOut_TheNextGetsAllUntilItIsBack()
    {
        var cluster = Cluster(TcpLoadBalancingPolicy.RoundRobin, ("192.0.2.1:1", 0), ("192.0.2.2:1", 1));
        _failing["192.0.2.1:1"] = ConnectFailure.Timeout;
        await ConnectAsync(cluster, 10);
        Assert.Equal((2, "192.0.2.2:1=10"), (Asked("192.0.2.1:1"), Open));

        _failing.Clear();
        _time.Advance(TimeSpan.FromSeconds(10));
        await ConnectAsync(cluster, 10);
        Assert.Equal("192.0.2.1:1=10 192.0.2.2:1=10", Open);
    }

    [Fact]
    public async Task Dial_NameOfALowerPriorityWithoutAnAnswer_IsWaitedForBeforeTheNextPriority()
    {
        var answer = new TaskCompletionSource<IPAddress[]>();
        var dialer = new Dialer(new HostResolver(_time, (_, _) => answer.Task), _counted.Metrics, _passive, _time);
        var cluster = Cluster(TcpLoadBalancingPolicy.RoundRobin, ("primary:1", 0), ("192.0.2.2:1", 1));

        var dialing = dialer.DialAsync(_client, Client, cluster, SourceIpModel.From(Policies.None));
        Assert.False(dialing.IsCompleted);
        answer.SetResult([IPAddress.Parse("192.0.2.1")]);

        Assert.Equal("192.0.2.1:1", (await dialing).Address!.ToString());
    }

    [Fact]
    public async Task Dial_WeightZero_IsNeverTriedEvenIfAllOthersAreDead()
    {
        var config = TestPlane.Cluster("192.0.2.1:1") with { HealthCheck = new() };
        config = config with
        {
            Destinations = new Dictionary<string, TcpDestinationConfig>(config.Destinations)
            {
                ["drained"] = new() { Address = "192.0.2.2:1", Weight = 0 },
            },
        };
        var cluster = new ClusterModel("c", config);
        var dead = new AddressHealth(IPEndPoint.Parse("192.0.2.1:1"), HealthCheckModel.Default);
        dead.Count(false);
        cluster.Destinations[0].Health!.Publish([dead]);
        _failing["192.0.2.1:1"] = ConnectFailure.Destination;

        await ConnectAsync(cluster, 1);

        Assert.Equal("192.0.2.1:1", Assert.Single(_client.Requests).Destination.ToString());
    }

    [Fact]
    public async Task Dial_FirstAlphabeticalOfAName_TakesTheLowestAddress()
    {
        var cluster = Cluster(TcpLoadBalancingPolicy.FirstAlphabetical, ("pods:1", 0));
        Name("pods", 30, 4, 12);

        await ConnectAsync(cluster, 5);

        Assert.Equal("192.0.2.4:1=5", Open);
    }

    private static ClusterModel Cluster(TcpLoadBalancingPolicy policy, params (string Address, int Priority)[] destinations) => new(
        "c",
        TestPlane.Cluster() with
        {
            LoadBalancingPolicy = policy,
            Destinations = destinations
                .Select(static (destination, number) => (Name: $"d{number}", Config: new TcpDestinationConfig
                {
                    Address = destination.Address,
                    Priority = destination.Priority,
                }))
                .ToDictionary(static entry => entry.Name, static entry => entry.Config),
        });

    private string Open => string.Join(' ', _open.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key}={pair.Value.Count}"));

    private void Name(string name, params int[] hosts)
    {
        _names[name] = [.. hosts.Select(static host => IPAddress.Parse($"192.0.2.{host}"))];
        // Longer than an answer is fresh; the next dial asks anew, in the background.
        _time.Advance(TimeSpan.FromSeconds(6));
    }

    private int Asked(string address) => _client.Requests.Count(request => request.Destination.ToString() == address);

    private async Task ConnectAsync(ClusterModel cluster, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var result = await _dialer.DialAsync(_client, Client, cluster, SourceIpModel.From(Policies.None));
            if (result.Load is { } load)
            {
                var address = result.Address!.ToString();
                if (!_open.TryGetValue(address, out var open))
                {
                    _open[address] = open = [];
                }

                open.Add(load);
            }
        }
    }

    private void End(string address, int count)
    {
        foreach (var load in _open[address].Take(count).ToList())
        {
            load.End();
            _open[address].Remove(load);
        }
    }
}
