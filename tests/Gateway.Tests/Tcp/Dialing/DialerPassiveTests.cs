using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Names;
using Gateway.Tcp.Routing;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;
using Gateway.Tests.Tcp.Pipeline;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>Destinations whose connects fail get their turn last, until one is reached again.</summary>
public sealed class DialerPassiveTests : IDisposable
{
    private const string Dead = "192.0.2.1:1";
    private const string Good = "192.0.2.2:1";
    private const string Other = "192.0.2.3:1";

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLoggerProvider _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly PassiveHealth _passive;
    private readonly DialMeasurements _counted = new();
    private readonly Dialer _dialer;
    private readonly Dictionary<string, ConnectFailure> _failing = [];
    private readonly Dictionary<string, IPAddress[]> _names = [];
    private readonly ScriptedConnection _client;

    public DialerPassiveTests()
    {
        _loggers = LoggerFactory.Create(builder => builder.AddProvider(_logs));
        _passive = Passive.Health(_time, _loggers);
        _client = new ScriptedConnection(request => _failing.GetValueOrDefault(request.Destination.ToString()));
        _dialer = new Dialer(
            new HostResolver(
                _time,
                (name, _) =>
                    _names.TryGetValue(name, out var addresses)
                        ? Task.FromResult(addresses)
                        : throw new SocketException((int)SocketError.HostNotFound)),
            _counted.Metrics,
            _passive,
            _time);
    }

    private IEnumerable<string> Warnings =>
        _logs.Collector.GetSnapshot().Where(static log => log.Level == LogLevel.Warning).Select(static log => log.Message);

    public void Dispose()
    {
        _loggers.Dispose();
        _counted.Dispose();
    }

    [Fact]
    public async Task Dial_OneOfTwoDead_CostsTwoAttemptsAndOneWarning()
    {
        var cluster = Cluster(Dead, Good);
        _failing[Dead] = ConnectFailure.Timeout;

        await DialAsync(cluster, 20);

        Assert.Equal(2, Asked(Dead));
        Assert.Equal(20, Asked(Good));
        Assert.Equal($"Cluster c: connects to destination d0 fail (timeout, 2 in a row, {Dead}). "
            + "It gets connections only where no other destination takes them; every 00:00:10 one tries it", Assert.Single(Warnings));
    }

    [Fact]
    public async Task Dial_AfterTheTime_OneTriesIt()
    {
        var cluster = Cluster(Dead, Good);
        _failing[Dead] = ConnectFailure.Destination;
        await DialAsync(cluster, 4);

        _time.Advance(TimeSpan.FromSeconds(10));
        await DialAsync(cluster, 20);
        Assert.Equal(3, Asked(Dead));

        _failing.Clear();
        _time.Advance(TimeSpan.FromSeconds(10));
        _client.Requests.Clear();
        await DialAsync(cluster, 20);
        Assert.Equal(10, Asked(Dead));
        Assert.Single(Warnings);
        Assert.Contains(_logs.Collector.GetSnapshot(), static log => log.Message == "Cluster c: destination d0 takes connections again");
    }

    [Fact]
    public async Task Dial_AllDead_AllAreTried()
    {
        var cluster = Cluster(Dead, Good);
        (_failing[Dead], _failing[Good]) = (ConnectFailure.Timeout, ConnectFailure.Destination);
        await DialAsync(cluster, 4);
        _client.Requests.Clear();

        _failing.Remove(Dead);
        Assert.Null((await DialAsync(cluster)).Failure);
        Assert.Equal(2, Warnings.Count());
    }

    [Theory]
    [InlineData(ConnectFailure.Resources, SocketError.AddressNotAvailable)]
    [InlineData(ConnectFailure.Resources, SocketError.TooManyOpenSockets)]
    [InlineData(ConnectFailure.Permission, SocketError.AccessDenied)]
    [InlineData(ConnectFailure.Bind, SocketError.AddressNotAvailable)]
    [InlineData(ConnectFailure.Option, SocketError.NoBufferSpaceAvailable)]
    [InlineData(ConnectFailure.Aborted, SocketError.OperationAborted)]
    public async Task Dial_ShortagesOfOurs_CountAgainstNobody(ConnectFailure failure, SocketError error)
    {
        var cluster = Cluster(Dead, Good);
        _failing[Dead] = failure;
        _client.Error = error;
        await DialAsync(cluster, 20);
        Assert.Equal(10, Asked(Dead));
        Assert.Empty(Warnings);
    }

    [Theory]
    [InlineData(CloseReason.BackendTls, 2, "tls")]
    [InlineData(CloseReason.BackendConnectFailed, 2, "reset")]
    [InlineData(CloseReason.ClientReset, 10, null)]
    public async Task Dial_OpeningFailsAtOneOfTwo_CountsUnlessTheClientHasLeft(CloseReason? failure, int attempts, string? why)
    {
        var cluster = Cluster(Dead, Good);
        var opening = new Opening(Dead, new OpeningResult(failure, SocketError.ConnectionReset, "tls:untrusted"));
        for (var i = 0; i < 20; i++)
        {
            await _dialer.DialAsync(_dialer.Begin(new DialRequest
            {
                Connector = _client,
                Client = Someone,
                Cluster = cluster,
                SourceIp = SourceIpModel.From(new SourceIpConfig { Mode = SourceIpMode.None }),
                Opening = opening,
            }));
        }

        Assert.Equal(attempts, Asked(Dead));
        Assert.Equal(why is not null, cluster.Destinations[0].State.Passive.IsLeftOut);
        if (why is not null)
        {
            Assert.Contains($"destination d0 fail ({why}, 2 in a row, {Dead})", Assert.Single(Warnings), StringComparison.Ordinal);
        }
        else
        {
            Assert.Empty(Warnings);
        }
    }

    [Fact]
    public async Task Dial_AddressesOfOneName_FailTogether()
    {
        _names["db"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.3")];
        var cluster = Cluster("db:1", Good);
        _failing[Dead] = ConnectFailure.Timeout;
        await DialAsync(cluster, 20);
        Assert.Empty(Warnings);

        _failing[Other] = ConnectFailure.Timeout;
        await DialAsync(cluster, 4);
        Assert.Single(Warnings);
    }

    [Fact]
    public async Task Dial_NameWithoutAnAddress_IsWarnedAbout()
    {
        var cluster = Cluster("absent:1", Good);
        await DialAsync(cluster, 4);
        Assert.Contains("destination d0 fail (no address, 2 in a row, absent:1)", Assert.Single(Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindAddress_OnlyNamesWithoutAddress_IsWarnedAbout()
    {
        var cluster = Cluster("absent:1");
        Assert.Equal(CloseReason.NoDestination, await _dialer.FindAddressAsync(_client, cluster));
        Assert.Equal(CloseReason.NoDestination, await _dialer.FindAddressAsync(_client, cluster));
        Assert.Equal("Cluster c: connects to destination d0 fail (no address, 2 in a row, absent:1)", Assert.Single(Warnings));
    }

    [Theory]
    [InlineData(SourceIpMode.Transparent, 10)]
    [InlineData(SourceIpMode.ProxyProtocol, 2)]
    public async Task Dial_OneClientThatABackendRefuses_LeavesItToTheOthers(SourceIpMode mode, int attempts)
    {
        var cluster = Cluster(Dead, Good);
        _failing[Dead] = ConnectFailure.Destination;
        for (var i = 0; i < 20; i++)
        {
            await DialAsync(cluster, mode: mode);
        }

        Assert.Equal(attempts, Asked(Dead));
    }

    [Fact]
    public async Task Dial_SwitchedOff_TakesTurns()
    {
        var cluster = Cluster(new TcpHealthCheckConfig { Passive = new() { Enabled = false } }, Dead, Good);
        _failing[Dead] = ConnectFailure.Timeout;
        await DialAsync(cluster, 20);
        Assert.Equal(10, Asked(Dead));
        Assert.Empty(Warnings);
    }

    [Fact]
    public async Task Dial_AllLeftOut_RejectAsksNobodyUntilTheTrial()
    {
        var cluster = Cluster(new TcpHealthCheckConfig { WhenAllDown = TcpAllDownAction.Reject, Passive = new() }, Dead, Good);
        (_failing[Dead], _failing[Good]) = (ConnectFailure.Timeout, ConnectFailure.Destination);
        await DialAsync(cluster, 2);
        Assert.Equal((2, 2), (Asked(Dead), Asked(Good)));

        Assert.Equal(CloseReason.NoHealthyDestination, (await DialAsync(cluster)).Failure);
        Assert.Equal((2, 2), (Asked(Dead), Asked(Good)));

        _time.Advance(TimeSpan.FromSeconds(10));
        _failing.Clear();
        Assert.Null((await DialAsync(cluster)).Failure);
    }

    [Fact]
    public async Task Dial_MaxEjectedPercent_KeepsTheOthers()
    {
        var cluster = Cluster(new TcpHealthCheckConfig { Passive = new() { MaxEjectedPercent = 50, Failures = 1 } }, Dead, Good, Other);
        (_failing[Dead], _failing[Good]) = (ConnectFailure.Timeout, ConnectFailure.Timeout);
        await DialAsync(cluster, 30);
        Assert.Equal([true, true, false], cluster.Destinations.Select(static one => one.State.Passive.IsFailing));
        Assert.Single(cluster.Destinations, static one => one.State.Passive.IsLeftOut);
    }

    [Fact]
    public async Task Build_AnotherModel_KeepsWhatIsKnownOfTheSameAddress()
    {
        _failing[Dead] = ConnectFailure.Timeout;
        var before = Model(null, Dead, Good);
        _passive.Follow(before);
        await DialAsync(before.Clusters["c"], 4);

        Assert.Equal(
            [true, false],
            Model(before, Dead, Other).Clusters["c"].Destinations.Select(static one => one.State.Passive.IsLeftOut));
        Assert.Equal(
            [false, false],
            Model(before, "192.0.2.9:1", Good).Clusters["c"].Destinations.Select(static one => one.State.Passive.IsLeftOut));
        Assert.Equal(
            (2, "timeout"),
            (before.Clusters["c"].Destinations[0].State.Failures, before.Clusters["c"].Destinations[0].State.LastFailure));
    }

    [Fact]
    public async Task Follow_SwitchedOff_ForgetsWhatIsNotKeptUpToDate()
    {
        _failing[Dead] = ConnectFailure.Timeout;
        var before = Model(null, Dead, Good);
        await DialAsync(before.Clusters["c"], 4);

        var off = TestPlane.Cluster(Dead, Good) with { HealthCheck = new() { Passive = new() { Enabled = false } } };
        _passive.Follow(TestPlane.Model(null, Policies.None, off, before: before));
        Assert.Equal([false, false], before.Clusters["c"].Destinations.Select(static one => one.State.Passive.IsFailing));
    }

    [Fact]
    public async Task Dial_ReachedAfterFailures_SaysWhatFailed()
    {
        _failing[Dead] = ConnectFailure.Timeout;
        _client.Error = SocketError.TimedOut;
        var cluster = Cluster(Good, Dead);
        var result = await DialAsync(cluster);
        Assert.Equal($"failed:d1,{Dead},TimedOut", result.FailedAttempts);
        Assert.Null((await DialAsync(cluster)).FailedAttempts);

        _failing[Good] = ConnectFailure.Timeout;
        result = await DialAsync(cluster);
        Assert.Equal($"to:{Good},TimedOut,attempts:2;failed:d1,{Dead},TimedOut", result.Describe());
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public void ActiveChecks_AreOnWhereTheSectionIsThere_UnlessItSpeaksOfPassiveAlone(bool active, bool passive, bool expected)
    {
        var config = new TcpHealthCheckConfig { Active = active ? new() : null, Passive = passive ? new() : null };
        Assert.Equal(expected, HealthCheckModel.From(config) is not null);
    }

    private static ClusterModel Cluster(params string[] addresses) => new("c", TestPlane.Cluster(addresses));

    private static ClusterModel Cluster(TcpHealthCheckConfig check, params string[] addresses) =>
        new("c", TestPlane.Cluster(addresses) with { HealthCheck = check });

    private static TcpModel Model(TcpModel? before, params string[] addresses) =>
        TestPlane.Model(null, Policies.None, TestPlane.Cluster(addresses), before: before);

    private int Asked(string address) => _client.Requests.Count(request => request.Destination.ToString() == address);

    private async Task DialAsync(ClusterModel cluster, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await DialAsync(cluster);
        }
    }

    private ValueTask<DialResult> DialAsync(ClusterModel cluster, SourceIpMode mode = SourceIpMode.None) =>
        _dialer.DialAsync(_client, Someone, cluster, SourceIpModel.From(new SourceIpConfig { Mode = mode }));

    private static ConnectionIdentity Someone => new()
    {
        Client = IPEndPoint.Parse("203.0.113.7:4000"),
        Peer = IPEndPoint.Parse("203.0.113.7:4000"),
        Local = IPEndPoint.Parse("198.51.100.1:1"),
        Source = IdentitySource.Socket,
    };

    /// <summary>An opening that fails at one address.</summary>
    private sealed class Opening(string address, OpeningResult result) : IConnectionOpening
    {
        public ValueTask<OpeningResult> OpenAsync(Dial dial, TcpConnection backend, DestinationModel destination, SourceIpMode mode) =>
            new(destination.Name == "d0" && address == Dead ? result : default);
    }
}
