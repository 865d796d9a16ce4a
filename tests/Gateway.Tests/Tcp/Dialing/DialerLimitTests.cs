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

/// <summary>Dials to destinations that take a limited number of connections, and dials with a time limit.</summary>
public sealed class DialerLimitTests : IDisposable
{
    private const string A = "192.0.2.1:1";
    private const string B = "192.0.2.2:1";

    private static readonly ConnectionIdentity Client = new()
    {
        Client = IPEndPoint.Parse("203.0.113.7:4000"),
        Peer = IPEndPoint.Parse("10.0.0.1:9"),
        Local = IPEndPoint.Parse("198.51.100.1:6379"),
        Source = IdentitySource.ProxyProtocolV2,
    };

    private readonly FakeTimeProvider _time = new();
    private readonly DialMeasurements _counted = new();
    private readonly Dictionary<string, ConnectFailure> _failing = [];
    private readonly Dictionary<string, Task<IPAddress[]>> _names = [];
    private readonly List<ConnectRequest> _requests = [];
    private readonly Dialer _dialer;

    public DialerLimitTests() => _dialer = new Dialer(
        new HostResolver(_time, (name, _) => _names.GetValueOrDefault(name) ?? throw new SocketException((int)SocketError.HostNotFound)),
        _counted.Metrics,
        Passive.Health(_time),
        _time);

    public void Dispose() => _counted.Dispose();

    [Fact]
    public async Task Dial_EveryDestinationAtItsMaximum_IsRefused()
    {
        var cluster = Cluster(new TcpQueueConfig(), (A, 2, 0), (B, 1, 0), ("192.0.2.3:1", null, 1));
        var open = new[] { await DialAsync(cluster), await DialAsync(cluster), await DialAsync(cluster) };
        Assert.Equal([A, A, B], open.Select(static result => result.Address!.ToString()).Order());

        // A full destination is not a dead one: the next priority gets nothing.
        Assert.Equal((CloseReason.DestinationLimit, 3), ((await DialAsync(cluster)).Failure, _requests.Count));

        open.First(static result => result.Address!.ToString() == B).Load!.End();
        Assert.Equal(B, (await DialAsync(cluster)).Address!.ToString());
    }

    [Fact]
    public async Task Dial_ADrainedDestination_IsNeverTried()
    {
        var cluster = Cluster(new TcpQueueConfig(), (A, null, 0), (B, null, 0));
        var held = await DialAsync(cluster);
        cluster.Destinations[0].State.IsDrained = true;
        _failing[B] = ConnectFailure.Destination;

        // Not even when every other one fails, or is drained too.
        Assert.Equal(CloseReason.BackendConnectFailed, (await DialAsync(cluster)).Failure);
        Assert.Equal([B], _requests.Skip(1).Select(static request => request.Destination.ToString()).Distinct());
        cluster.Destinations[1].State.IsDrained = true;
        Assert.Equal(CloseReason.NoDestination, await _dialer.FindAddressAsync(_dialer.Begin(new DialRequest
        {
            Connector = Connection(),
            Client = Client,
            Cluster = cluster,
            SourceIp = SourceIpModel.From(Policies.None),
        })));
        Assert.Equal(1, held.Destination!.State.Connections);

        cluster.Destinations[0].State.IsDrained = false;
        Assert.Equal(A, (await DialAsync(cluster)).Address!.ToString());
    }

    [Fact]
    public async Task Dial_Queue_GetsNoPlaceOfADrainedDestination()
    {
        var cluster = Cluster(new TcpQueueConfig { MaxLength = 2 }, (A, 1, 0));
        var first = await DialAsync(cluster);
        var waiting = DialAsync(cluster);
        cluster.Destinations[0].State.IsDrained = true;

        first.Load!.End();
        cluster.PutInForce();
        Assert.False(waiting.IsCompleted);

        cluster.Destinations[0].State.IsDrained = false;
        cluster.Serve(cluster.Destinations[0].State);
        Assert.Null((await waiting.WaitAsync(Eventually.DefaultTimeout)).Failure);
    }

    [Fact]
    public async Task Dial_Queue_IsServedInOrderAndGivesUpInTime()
    {
        var cluster = Cluster(new TcpQueueConfig { MaxLength = 2 }, (A, 1, 0));
        var first = await DialAsync(cluster);
        var second = DialAsync(cluster);
        _time.Advance(TimeSpan.FromSeconds(3));
        var third = DialAsync(cluster);
        Assert.Equal(CloseReason.DestinationLimit, (await DialAsync(cluster)).Failure);
        Assert.Equal((2, false, false), (cluster.State.Line.Count, second.IsCompleted, third.IsCompleted));

        first.Load!.End();
        Assert.Null((await second.WaitAsync(Eventually.DefaultTimeout)).Failure);
        Assert.False(third.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(CloseReason.DestinationLimit, (await third.WaitAsync(Eventually.DefaultTimeout)).Failure);
        Assert.Equal((0, 1), (cluster.State.Line.Count, cluster.Destinations[0].State.Connections));
    }

    [Fact]
    public async Task Dial_ClientEndsWhileItWaits_LeavesTheLine()
    {
        var cluster = Cluster(new TcpQueueConfig { MaxLength = 2 }, (A, 1, 0));
        var first = await DialAsync(cluster);
        var client = Connection();
        var waiting = DialAsync(cluster, client);
        var next = DialAsync(cluster);
        client.Ended.SetResult();
        Assert.Equal(CloseReason.ClientReset, (await waiting.WaitAsync(Eventually.DefaultTimeout)).Failure);

        first.Load!.End();
        Assert.Null((await next.WaitAsync(Eventually.DefaultTimeout)).Failure);
        Assert.Equal((0, 1), (cluster.State.Line.Count, cluster.Destinations[0].State.Connections));
    }

    [Fact]
    public async Task Dial_PlaceAtADeadDestination_GoesOnToWaitForAnother()
    {
        var cluster = Cluster(new TcpQueueConfig { MaxLength = 2 }, (A, 1, 0), (B, 1, 0));
        var open = new[] { await DialAsync(cluster), await DialAsync(cluster) };
        _failing[A] = ConnectFailure.Destination;
        var waiting = DialAsync(cluster);

        open.First(static result => result.Address!.ToString() == A).Load!.End();
        await Eventually.TrueAsync(() => _requests.Count == 3, "the place was used");
        Assert.False(waiting.IsCompleted);
        open.First(static result => result.Address!.ToString() == B).Load!.End();

        Assert.Equal(B, (await waiting.WaitAsync(Eventually.DefaultTimeout)).Address!.ToString());
        Assert.Equal([0, 1], cluster.Destinations.Select(static destination => destination.State.Connections));
    }

    [Fact]
    public async Task PutInForce_MaximumRaised_ServesThoseThatWait()
    {
        var cluster = Cluster(new TcpQueueConfig { MaxLength = 2 }, (A, 1, 0));
        await DialAsync(cluster);
        var waiting = DialAsync(cluster);

        var raised = Cluster(new TcpQueueConfig { MaxLength = 2 }, cluster, (A, 2, 0));
        Assert.False(waiting.IsCompleted);
        raised.PutInForce();

        Assert.Null((await waiting.WaitAsync(Eventually.DefaultTimeout)).Failure);
    }

    [Fact]
    public async Task Dial_WithATimeLimit_TriesAgainWithGrowingRandomWaitsUntilItIsReached()
    {
        var cluster = Timed(60, A, B);
        (_failing[A], _failing[B]) = (ConnectFailure.Destination, ConnectFailure.Destination);
        var dialing = DialAsync(cluster);
        Assert.Equal(2, _requests.Count);

        // 25 to 50 ms, then 50 to 100, and so on; in the end 0.5 to 1 s.
        foreach (var most in new[] { 50, 100, 200, 400, 800, 1000, 1000 })
        {
            var before = _requests.Count;
            _time.Advance(TimeSpan.FromMilliseconds((most / 2) - 1));
            Assert.Equal(before, _requests.Count);
            _time.Advance(TimeSpan.FromMilliseconds((most / 2) + 1));
            await Eventually.TrueAsync(() => _requests.Count == before + 2, "both were tried again");
        }

        _failing.Remove(B);
        _time.Advance(TimeSpan.FromSeconds(1));
        var result = await dialing.WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal((null, B), (result.Failure, result.Address!.ToString()));
        Assert.Equal([0, 1], cluster.Destinations.Select(static destination => destination.State.Connections));
    }

    [Fact]
    public async Task Dial_TimeLimitIsReached_EndsWithTheLastFailure()
    {
        _failing[A] = ConnectFailure.Destination;
        var dialing = DialAsync(Timed(1, A));
        for (var i = 0; i < 40 && !dialing.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        var result = await dialing.WaitAsync(Eventually.DefaultTimeout);
        // The waits are 25 to 50, 50 to 100, 100 to 200, 200 to 400 and 400 to 800 ms.
        Assert.Equal(CloseReason.BackendConnectFailed, result.Failure);
        Assert.InRange(result.Attempts, 4, 6);
    }

    [Fact]
    public async Task Dial_WithoutATimeLimit_TriesEachOnce()
    {
        _failing[A] = ConnectFailure.Destination;
        Assert.Equal((CloseReason.BackendConnectFailed, 1), ((await DialAsync(Timed(null, A))).Failure, _requests.Count));
    }

    [Fact]
    public async Task Dial_WithATimeLimit_ShortensAttemptsAndBlamesNobodyForIt()
    {
        var cluster = Timed(8, A, B);
        var client = new ScriptedConnection(request =>
        {
            _requests.Add(request);
            _time.Advance(request.Timeout);
            return ConnectFailure.Timeout;
        });

        var result = await DialAsync(cluster, client);

        Assert.Equal(CloseReason.BackendConnectTimeout, result.Failure);
        Assert.Equal([5, 3], _requests.Select(static request => request.Timeout.TotalSeconds));
        Assert.Equal(1, cluster.Destinations.Sum(static destination => destination.State.Failures));
    }

    [Fact]
    public async Task FindAddress_NameWithoutAnAnswer_IsWaitedForUntilTheTimeLimit()
    {
        _names["dead"] = new TaskCompletionSource<IPAddress[]>().Task;
        var finding = _dialer.FindAddressAsync(Connection(), Timed(2, "dead:1")).AsTask();
        Assert.False(finding.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(CloseReason.NoDestination, await finding.WaitAsync(Eventually.DefaultTimeout));
    }

    [Fact]
    public async Task Dial_AgainAfterAWait_AsksNamesAnew()
    {
        _names["pod"] = Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.1")]);
        _failing[A] = ConnectFailure.Destination;
        var dialing = DialAsync(Timed(60, "pod:1"));

        _names["pod"] = Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.2")]);
        for (var i = 0; i < 20 && !dialing.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(B, (await dialing.WaitAsync(Eventually.DefaultTimeout)).Address!.ToString());
    }

    private static ClusterModel Cluster(TcpQueueConfig queue, params (string Address, int? Most, int Priority)[] destinations) =>
        Cluster(queue, null, destinations);

    /// <summary>On an event loop, waiting for the answer would stop all other connections.</summary>
    [Fact]
    public async Task Dial_TimerFiresBeforeTheClockSaysSo_EndsWithoutWaitingForTheName()
    {
        _names["slow"] = new TaskCompletionSource<IPAddress[]>().Task;
        var client = new ScriptedConnection(static _ => ConnectFailure.None) { EndsAWaitEarly = true };

        var dialing = Task.Run(() => DialAsync(Timed(2, "slow:1"), client));
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return dialing.IsCompleted;
            },
            "the dial ends");

        Assert.Equal((CloseReason.BackendConnectTimeout, 0), ((await dialing).Failure, client.Requests.Count));
    }

    private static ClusterModel Cluster(
        TcpQueueConfig queue, ClusterModel? before, params (string Address, int? Most, int Priority)[] destinations) => new(
        "c",
        TestPlane.Cluster() with
        {
            Queue = queue,
            Destinations = destinations
                .Select(static (destination, number) => (Name: $"d{number}", Config: new TcpDestinationConfig
                {
                    Address = destination.Address,
                    MaxConnections = destination.Most,
                    Priority = destination.Priority,
                }))
                .ToDictionary(static entry => entry.Name, static entry => entry.Config),
        },
        before: before);

    private static ClusterModel Timed(int? limit, params string[] addresses) => new(
        "c",
        TestPlane.Cluster(addresses) with
        {
            DialTimeout = limit is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        });

    private ScriptedConnection Connection() => new(request =>
    {
        _requests.Add(request);
        return _failing.GetValueOrDefault(request.Destination.ToString());
    });

    private Task<DialResult> DialAsync(ClusterModel cluster, ScriptedConnection? client = null) =>
        _dialer.DialAsync(client ?? Connection(), Client, cluster, SourceIpModel.From(Policies.None)).AsTask();
}
