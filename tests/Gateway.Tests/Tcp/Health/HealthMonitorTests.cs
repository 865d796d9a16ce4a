using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Health;
using Gateway.Tcp.Health.Probes;
using Gateway.Tcp.Names;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;
using Gateway.Tests.Tcp.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Health;

public sealed class HealthMonitorTests : IAsyncDisposable
{
    private static readonly HealthCheckModel Rules = new(true, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), Rise: 2, Fall: 3);

    // No second round comes while a test runs.
    private static readonly HealthCheckModel Rarely = Rules with { Interval = TimeSpan.FromDays(40) };

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentDictionary<string, bool?> _answers = new();
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly Dictionary<string, IPAddress[]> _names = [];
    private readonly Dictionary<string, TaskCompletionSource<ProbeResult>> _pending = [];
    private readonly TaskCompletionSource<IPAddress[]> _never = new();
    private readonly FakeLoggerProvider _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly HealthMonitor _monitor;
    private int _changes;

    public HealthMonitorTests()
    {
        var resolver = new HostResolver(
            _time,
            (name, _) => name == "lost" ? _never.Task : Task.FromResult(_names.GetValueOrDefault(name) ?? []));
        _loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(_logs));
        _monitor = new HealthMonitor(resolver, Meters, _loggers, _time, ProbeAsync)
        {
            Changed = () => Interlocked.Increment(ref _changes),
        };
    }

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync().AsTask().WaitAsync(Eventually.DefaultTimeout);
        _loggers.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Follow_NewDestinations_GetTheirVerdictFromTheFirstCheck()
    {
        _answers["192.0.2.1:1"] = true;
        var cluster = await FollowAsync(Rules, "192.0.2.1:1", "192.0.2.2:1");

        Assert.Equal([true, false], cluster.Destinations.Select(static destination => destination.IsUsable));
        Assert.Equal("192.0.2.1:1", cluster.Destinations[0].Health!.Target(AddressFamily.InterNetwork)!.ToString());
        Assert.Null(cluster.Destinations[0].Health!.Target(AddressFamily.InterNetworkV6));
        Assert.Equal(2, _changes);
        Assert.Equal([("d0", 1), ("d1", 0)], Healthy());
    }

    /// <summary>A dead name server or destination of one cluster must not keep a configuration from all others.</summary>
    [Fact]
    public async Task Follow_NobodyAnswers_ReturnsAndWhatHasNoVerdictIsUsed()
    {
        _pending["192.0.2.1:1"] = new TaskCompletionSource<ProbeResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var cluster = Cluster("c", Rules, "192.0.2.1:1", "lost:1");

        _monitor.Follow([cluster]);

        Assert.All(cluster.Destinations, static destination => Assert.True(destination.IsUsable));
        Assert.All(cluster.Destinations, static destination => Assert.Null(destination.Health!.Target(AddressFamily.InterNetwork)));

        _pending["192.0.2.1:1"].SetResult(ProbeResult.Bad("refused"));
        await Eventually.TrueAsync(() => !cluster.Destinations[0].IsUsable, "left out by its first verdict");
        await Eventually.TrueAsync(() => _changes == 1, "told of the verdict");
        Assert.True(cluster.Destinations[1].IsUsable);
    }

    [Fact]
    public async Task Dispose_OneIsBeingLookedUp_DoesNotWaitForTheNameServer()
    {
        _monitor.Follow([Cluster("c", Rules, "lost:1")]);

        _monitor.Follow([]);
        await _monitor.DisposeAsync().AsTask().WaitAsync(Eventually.DefaultTimeout);
    }

    [Fact]
    public async Task FirstVerdicts_OfSomeClusters_AreWaitedForUntilTheLimit()
    {
        _answers["192.0.2.2:1"] = true;
        var (silent, there) = (Cluster("silent", Rules, "lost:1"), Cluster("there", Rules, "192.0.2.2:1"));
        _monitor.Follow([silent, there]);

        await _monitor.FirstVerdictsAsync([there], TimeSpan.FromSeconds(1)).WaitAsync(Eventually.DefaultTimeout);
        Assert.NotNull(there.Destinations[0].Health!.Target(AddressFamily.InterNetwork));

        var both = _monitor.FirstVerdictsAsync([there, silent], TimeSpan.FromSeconds(1));
        Assert.False(both.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await both.WaitAsync(Eventually.DefaultTimeout);
    }

    [Fact]
    public async Task Check_FailsAndRecovers_AfterFallAndRise()
    {
        _answers["192.0.2.1:1"] = true;
        var destination = (await FollowAsync(Rules, "192.0.2.1:1")).Destinations[0];

        _answers["192.0.2.1:1"] = false;
        await RoundAsync();
        await RoundAsync();
        Assert.True(destination.IsUsable);
        await RoundAsync();
        await Eventually.TrueAsync(() => !destination.IsUsable, "left out after three bad checks");

        _answers["192.0.2.1:1"] = true;
        await RoundAsync();
        Assert.False(destination.IsUsable);
        await RoundAsync();
        await Eventually.TrueAsync(() => destination.IsUsable, "used again after two good checks");
        await Eventually.TrueAsync(() => _changes == 3, "told of both changes");
    }

    /// <summary>Descriptors or ports were missing here.</summary>
    [Fact]
    public async Task Check_CannotBeMade_SpeaksAgainstNobody()
    {
        _answers["192.0.2.1:1"] = null;
        using var checks = new MetricCollector<double>(Meters, TcpMeter.Name, "gateway.destination.health_check.duration");
        var destination = (await FollowAsync(Rules, "192.0.2.1:1")).Destinations[0];
        Assert.True(destination.IsUsable);

        for (var i = 0; i < Rules.Fall + 1; i++)
        {
            await RoundAsync();
        }

        Assert.True(destination.IsUsable);
        Assert.Empty(checks.GetMeasurementSnapshot());
        _answers["192.0.2.1:1"] = false;
        await RoundAsync();
        await Eventually.TrueAsync(() => !destination.IsUsable, "the first verdict decides alone");
    }

    [Fact]
    public async Task Follow_SameDestinations_GoOnUnderTheirChecker()
    {
        _answers["192.0.2.1:1"] = true;
        var before = await FollowAsync(Rules, "192.0.2.1:1");
        var asked = _asked["192.0.2.1:1"];

        var after = Cluster("c", Rules, before, "192.0.2.1:1", "192.0.2.2:1");
        await FollowAsync(after);
        Assert.Same(before.Destinations[0].Health, after.Destinations[0].Health);
        Assert.Equal(asked, _asked["192.0.2.1:1"]);
        Assert.Equal(1, _asked["192.0.2.2:1"]);

        var other = Cluster("c", Rules with { Fall = 1 }, after, "192.0.2.1:1", "192.0.2.2:1");
        await FollowAsync(other);
        Assert.NotSame(after.Destinations[0].Health, other.Destinations[0].Health);
        Assert.Equal(asked + 1, _asked["192.0.2.1:1"]);
    }

    /// <summary>
    /// A configuration that is refused after its destinations were asked leaves those in force what they were, and with their checkers.
    /// </summary>
    [Fact]
    public async Task Follow_TrialThatComesToNothing_ChangesNothing()
    {
        var inForce = await FollowAsync(Rules, "192.0.2.1:1");
        var asked = _asked["192.0.2.1:1"];
        var (health, isUsable) = (inForce.Destinations[0].Health, inForce.Destinations[0].IsUsable);
        _answers["192.0.2.1:1"] = true;

        var trial = Cluster("c", Rules with { Rise = 1 }, inForce, "192.0.2.1:1", "192.0.2.2:1");
        _monitor.Follow([inForce], [trial]);
        await _monitor.FirstVerdictsAsync([trial], TimeSpan.FromHours(1)).WaitAsync(Eventually.DefaultTimeout);
        Assert.True(trial.Destinations[0].IsUsable);
        Assert.Equal([("d0", 0)], Healthy());
        _monitor.Follow([inForce]);

        Assert.False(isUsable);
        Assert.Equal((health, isUsable), (inForce.Destinations[0].Health, inForce.Destinations[0].IsUsable));
        Assert.Equal(asked + 1, _asked["192.0.2.1:1"]);
        Assert.Equal([("d0", 0)], Healthy());
        await RoundAsync();
        await RoundAsync();
        await Eventually.TrueAsync(() => inForce.Destinations[0].IsUsable, "its own checker goes on");
        Assert.Equal(1, _asked["192.0.2.2:1"]);
    }

    /// <summary>The trial has the same checks, so its destinations have the same checkers; but it may yet be refused.</summary>
    [Fact]
    public async Task Follow_TrialThatClosesUnhealthy_EndsNoConnectionBeforeItIsInForce()
    {
        var closed = new ConcurrentQueue<IPEndPoint>();
        _monitor.Close = (_, _, address) => closed.Enqueue(address);
        _answers["192.0.2.1:1"] = true;
        var rules = Rules with { Fall = 1 };
        var inForce = await FollowAsync(rules, "192.0.2.1:1");
        var trial = Cluster("c", rules, inForce, TcpUnhealthyAction.Close, "192.0.2.1:1");
        Assert.Same(inForce.Destinations[0].Health, trial.Destinations[0].Health);

        _monitor.Follow([inForce], [trial]);
        _answers["192.0.2.1:1"] = false;
        await RoundAsync();
        await Eventually.TrueAsync(() => !inForce.Destinations[0].IsUsable, "left out");
        Assert.Empty(closed);

        _answers["192.0.2.1:1"] = true;
        await RoundAsync();
        await RoundAsync();
        await Eventually.TrueAsync(() => inForce.Destinations[0].IsUsable, "back");
        _monitor.Follow([trial]);
        _answers["192.0.2.1:1"] = false;
        await RoundAsync();
        await Eventually.TrueAsync(() => closed.Count == 1, "closed");
    }

    [Fact]
    public async Task Name_ThatMoves_IsFollowedAndOneThatIsLostKeepsItsAddress()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")];
        _answers["192.0.2.1:1"] = _answers["192.0.2.2:1"] = _answers["[2001:db8::1]:1"] = true;
        var health = (await FollowAsync(Rules, "db:1")).Destinations[0].Health!;
        Assert.Equal("[2001:db8::1]:1", health.Target(AddressFamily.InterNetworkV6)!.ToString());

        _names["db"] = [IPAddress.Parse("192.0.2.2")];
        await RoundAsync("192.0.2.2:1");
        await Eventually.TrueAsync(() => health.Target(AddressFamily.InterNetwork)?.ToString() == "192.0.2.2:1", "the new address is used");
        await Eventually.TrueAsync(() => _changes == 2, "told of the move");
        _names["db"] = [];
        await RoundAsync("192.0.2.2:1");
        Assert.True(health.IsHealthy);
    }

    [Fact]
    public async Task Name_WithANewAddressForADial_TheNewOneIsCheckedAtOnce()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.1")];
        _answers["192.0.2.1:1"] = true;
        var cluster = await FollowAsync(Rarely, "db:1");
        _time.Advance(TimeSpan.FromSeconds(5));
        _names["db"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];

        cluster.AddressesOf(cluster.Destinations[0], [IPEndPoint.Parse("192.0.2.1:1"), IPEndPoint.Parse("192.0.2.2:1")]);

        await Eventually.TrueAsync(() => cluster.Destinations[0].Health!.IsDown(IPEndPoint.Parse("192.0.2.2:1")), "a verdict");
        Assert.Equal((1, 1), (_asked["192.0.2.1:1"], _asked["192.0.2.2:1"]));
    }

    /// <summary>With WhenAllDown Reject, connections would be refused until the interval is over.</summary>
    [Fact]
    public async Task Source_AllAddressesReplacedWhileAllAreDown_IsHealthyAtOnce()
    {
        var source = new TestSource { Addresses = [IPEndPoint.Parse("192.0.2.1:1")] };
        var cluster = new ClusterModel("c", ConfigOf(Rarely, "pods:1"), sources: _ => source);
        await FollowAsync(cluster);
        Assert.False(cluster.Destinations[0].IsUsable);

        _answers["192.0.2.2:1"] = _answers["192.0.2.3:1"] = true;
        source.Change("192.0.2.2:1");
        await Eventually.TrueAsync(() => cluster.Destinations[0].IsUsable, "the verdict of the new address");
        Assert.Equal((1, 1), (_asked["192.0.2.1:1"], _asked["192.0.2.2:1"]));

        // The next change waits for the gap, however often the addresses change.
        var began = _time.GetUtcNow();
        source.Change("192.0.2.2:1", "192.0.2.3:1");
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(_asked.ContainsKey("192.0.2.3:1") ? TimeSpan.Zero : TimeSpan.FromMilliseconds(200));
                return _asked.ContainsKey("192.0.2.3:1");
            },
            "the check of the next address");
        Assert.True(_time.GetUtcNow() - began >= TimeSpan.FromSeconds(1));
        Assert.Equal(1, _asked["192.0.2.2:1"]);
        await _monitor.DisposeAsync();
        Assert.False(source.IsFollowed);
    }

    [Fact]
    public async Task Disabled_NoQuestionIsAsked_EverythingIsHealthy()
    {
        var cluster = await FollowAsync(Rules with { Enabled = false }, "192.0.2.1:1");

        Assert.True(cluster.Destinations[0].IsUsable);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task LeftOut_LogSaysWhichCheckFailedAndHow()
    {
        await FollowAsync(Rules, "192.0.2.1:1");

        Assert.Equal(
            "Cluster c: destination d0 does not answer health checks and gets no new connections (Connect check, 192.0.2.1:1: status 1)",
            Assert.Single(_logs.Collector.GetSnapshot(), static log => log.Level == LogLevel.Warning).Message);
        Assert.Contains(
            _logs.Collector.GetSnapshot(),
            static log => log.Message == "Cluster c: the Connect check of destination d0 at 192.0.2.1:1 failed: status 1");
    }

    [Fact]
    public async Task OneAddressOfAName_LeftOutAndBack_IsToldOnItsOwn()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];
        _answers["192.0.2.1:1"] = _answers["192.0.2.2:1"] = true;
        await FollowAsync(Rules with { Rise = 1, Fall = 1 }, "db:1");

        _answers["192.0.2.2:1"] = false;
        await RoundAsync("192.0.2.2:1");
        await Eventually.TrueAsync(() => Told("is left out, its Connect checks fail: status 2"), "told that it is left out");
        _answers["192.0.2.2:1"] = true;
        await RoundAsync("192.0.2.2:1");
        await Eventually.TrueAsync(() => Told("192.0.2.2:1 of destination d0 answers health checks"), "told that it is back");

        bool Told(string what) => _logs.Collector.GetSnapshot().Any(log => log.Message.Contains(what, StringComparison.Ordinal));
    }

    /// <summary>Each holds a descriptor until its time is over.</summary>
    [Fact]
    public async Task Follow_MoreDestinationsThanRoom_AreAskedInTurn()
    {
        var addresses = Enumerable.Range(0, CheckRoom.Most + 72).Select(static number => $"192.0.2.{number}:1").ToArray();
        foreach (var address in addresses)
        {
            _pending[address] = new TaskCompletionSource<ProbeResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using var active = new MetricCollector<int>(Meters, TcpMeter.Name, "gateway.health_checks.active");
        using var waiting = new MetricCollector<int>(Meters, TcpMeter.Name, "gateway.health_checks.waiting");
        _monitor.Follow([Cluster("c", Rules, addresses)]);

        // A place is taken a moment before its probe is asked.
        await Eventually.TrueAsync(
            () => Last(active) == CheckRoom.Most && Last(waiting) == 72 && _asked.Count >= CheckRoom.Most,
            "all that there is room for");
        Assert.Equal(CheckRoom.Most, _asked.Count);
        foreach (var address in _asked.Keys.ToArray())
        {
            _pending[address].TrySetResult(ProbeResult.Good);
        }

        await Eventually.TrueAsync(() => _asked.Count == addresses.Length && Last(waiting) == 0, "the others' turn");
        foreach (var pending in _pending.Values)
        {
            pending.TrySetResult(ProbeResult.Good);
        }

        await Eventually.TrueAsync(() => Last(active) == 0, "all have ended");

        static int Last(MetricCollector<int> gauge)
        {
            gauge.RecordObservableInstruments();
            return gauge.LastMeasurement!.Value;
        }
    }

    private static ClusterModel Cluster(string name, HealthCheckModel rules, params string[] addresses) =>
        Cluster(name, rules, null, addresses);

    private static ClusterModel Cluster(string name, HealthCheckModel rules, ClusterModel? before, params string[] addresses) =>
        Cluster(name, rules, before, TcpUnhealthyAction.Keep, addresses);

    private static ClusterModel Cluster(
        string name, HealthCheckModel rules, ClusterModel? before, TcpUnhealthyAction whenUnhealthy, params string[] addresses)
    {
        var config = ConfigOf(rules, addresses);
        config = config with { HealthCheck = config.HealthCheck! with { WhenUnhealthy = whenUnhealthy } };
        return new(name, config, isDnat: true, before: before);
    }

    private static TcpClusterConfig ConfigOf(HealthCheckModel rules, params string[] addresses)
    {
        var active = new TcpActiveHealthCheckConfig
        {
            Enabled = rules.Enabled,
            Interval = rules.Interval,
            Timeout = rules.Timeout,
            Rise = rules.Rise,
            Fall = rules.Fall,
        };
        return TestPlane.Cluster(addresses) with { HealthCheck = new() { Active = active } };
    }

    private async Task<ClusterModel> FollowAsync(HealthCheckModel rules, params string[] addresses)
    {
        var cluster = Cluster("c", rules, addresses);
        await FollowAsync(cluster);
        return cluster;
    }

    private Task FollowAsync(ClusterModel cluster)
    {
        _monitor.Follow([cluster]);
        return _monitor.FirstVerdictsAsync([cluster], TimeSpan.FromHours(1)).WaitAsync(Eventually.DefaultTimeout);
    }

    private List<(string Destination, int Value)> Healthy()
    {
        using var gauge = new MetricCollector<int>(Meters, TcpMeter.Name, "gateway.destination.healthy");
        gauge.RecordObservableInstruments();
        return [.. gauge.GetMeasurementSnapshot().Select(static one => ((string)one.Tags["destination"]!, one.Value)).Order()];
    }

    // The interval is longer by up to a tenth. The timer of the next round exists only a moment after the verdict of this one, so time
    // moves until somebody asks.
    private async Task RoundAsync(string address = "192.0.2.1:1")
    {
        var before = _asked.GetValueOrDefault(address);
        await Eventually.TrueAsync(
            () =>
            {
                if (_asked.GetValueOrDefault(address) == before)
                {
                    _time.Advance(TimeSpan.FromSeconds(2));
                }

                return _asked.GetValueOrDefault(address) > before;
            },
            "the next check");
    }

    private Task<ProbeResult> ProbeAsync(ProbeTarget target, CancellationToken cancellation)
    {
        Assert.Equal(Rules.Timeout, target.Rules.Timeout);
        var address = target.Address.ToString();
        _asked.AddOrUpdate(address, 1, static (_, count) => count + 1);
        return _pending.TryGetValue(address, out var pending)
            ? pending.Task
            : Task.FromResult(new ProbeResult(_answers.GetValueOrDefault(address, false), $"status {_asked[address]}"));
    }

    private sealed class TestSource : IAddressSource
    {
        public event Action? Changed;

        public string Host => "pods";

        public IPEndPoint[] Addresses { get; set; } = [];

        public IReadOnlyList<IPEndPoint>? Current => Addresses;

        public bool IsFollowed => Changed is not null;

        public ValueTask<IPEndPoint[]> AskAsync() => new(Addresses);

        public void Change(params string[] addresses)
        {
            Addresses = Array.ConvertAll(addresses, IPEndPoint.Parse);
            Changed?.Invoke();
        }
    }
}
