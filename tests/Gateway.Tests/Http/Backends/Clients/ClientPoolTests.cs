using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Forwarded;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;
using Gateway.Tests.Tcp.Admission;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Http.Backends.Clients;

public sealed class ClientPoolTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<Handler> _created = [];

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Acquire_SameKeyAndOthers_GivesEachClientItsOwn()
    {
        var pool = Pool();
        var one = Acquire(pool, "192.0.2.1:1");
        var oneAgain = Acquire(pool, "192.0.2.1:1");
        var otherPort = Acquire(pool, "192.0.2.1:2");
        var otherAddress = Acquire(pool, "192.0.2.2:1");
        var otherDestination = Acquire(pool, "192.0.2.1:1", destination: "198.51.100.1:81");
        var otherTlvs = Acquire(pool, "192.0.2.1:1", tlvs: [1, 0, 0]);

        Assert.Same(one, oneAgain);
        Assert.Equal(5, new[] { one, otherPort, otherAddress, otherDestination, otherTlvs }.Distinct().Count());
        Assert.Equal(5, pool.Count);
        Assert.Same(one!.Invoker, oneAgain!.Invoker);
        Assert.NotSame(one.Invoker, otherPort!.Invoker);
        Assert.Equal("192.0.2.1:2", otherPort.Announced.Client.Client.ToString());
    }

    [Fact]
    public void Key_OfAddress_IgnoresPortsAndOfHeaderTlvsThatAreNotPassedOn()
    {
        var connection = Identity("192.0.2.1:1", tlvs: [1, 0, 0]);

        Assert.Equal(ClientKey.OfAddress(IPAddress.Parse("192.0.2.1")), ClientKey.OfAddress(IPAddress.Parse("192.0.2.1")));
        Assert.NotEqual(ClientKey.OfAddress(IPAddress.Parse("192.0.2.1")), ClientKey.OfAddress(IPAddress.Parse("2001:db8::1")));
        Assert.Equal(ClientKey.OfHeader(connection, default), ClientKey.OfHeader(Identity("192.0.2.1:1"), default));
        Assert.NotEqual(ClientKey.OfHeader(connection, connection.Tlvs), ClientKey.OfHeader(Identity("192.0.2.1:1"), default));
    }

    [Fact]
    public void Announced_ClientOfTheConnectionAndAnother_HasPortAndTlvsOrNeither()
    {
        var connection = Identity("192.0.2.1:1", tlvs: [1, 0, 0]);

        Assert.Same(connection, ClientInvoker.Announced(connection, new ClientIdentity { Client = IPAddress.Parse("192.0.2.1"), Hop = connection.Client.Address }));
        var other = ClientInvoker.Announced(connection, new ClientIdentity { Client = IPAddress.Parse("203.0.113.7"), Hop = connection.Client.Address, IsHopTrusted = true });
        Assert.Equal("203.0.113.7:0", other.Client.ToString());
        Assert.True(other.Tlvs.IsEmpty);
        Assert.Equal(connection.Local, other.Local);
    }

    [Fact]
    public void Idle_LongEnough_IsClosedAndWhatIsHeldNever()
    {
        var pool = Pool(idleTimeout: 30);
        var held = Acquire(pool, "192.0.2.1:1")!;
        var idle = Acquire(pool, "192.0.2.2:1")!;
        var later = Acquire(pool, "192.0.2.3:1")!;
        (_, _, _) = (held.Invoker, idle.Invoker, later.Invoker);
        pool.Release(idle);
        _time.Advance(TimeSpan.FromSeconds(20));
        pool.Release(later);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal([false, true, false], _created.Select(handler => handler.IsClosed));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal([false, true, true], _created.Select(handler => handler.IsClosed));
        Assert.Equal(1, pool.Count);
        pool.Release(held);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, pool.Count);
        // Used again just in time: the clock starts anew when it is let go.
        Assert.Same(held, Acquire(pool, "192.0.2.1:1"));
        _time.Advance(TimeSpan.FromSeconds(60));
        pool.Release(held);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, pool.Count);
    }

    [Fact]
    public void Limit_Reached_TakesThePlaceOfTheOneThatWasIdleLongest()
    {
        using var rejected = new MetricCollector<long>(_services.GetRequiredService<IMeterFactory>(), "Gateway.Http", "gateway.destination.client.rejected");
        using var ended = new MetricCollector<long>(_services.GetRequiredService<IMeterFactory>(), "Gateway.Http", "gateway.destination.client.ended");
        using var active = new MetricCollector<long>(_services.GetRequiredService<IMeterFactory>(), "Gateway.Http", "gateway.destination.client.active");
        var pool = Pool(maxClients: 3);
        var clients = Enumerable.Range(1, 3).Select(i => Acquire(pool, $"192.0.2.{i}:1")!).ToArray();
        Array.ForEach(clients, client => _ = client.Invoker);

        Assert.Null(Acquire(pool, "192.0.2.9:1"));
        pool.Release(clients[1]);
        pool.Release(clients[0]);
        Assert.NotNull(Acquire(pool, "192.0.2.9:1"));

        Assert.Equal([false, true, false], _created.Select(handler => handler.IsClosed));
        Assert.Equal(3, pool.Count);
        Assert.Equal([("limit", 1L)], rejected.GetMeasurementSnapshot().Select(measured => ((string)measured.Tags["reason"]!, measured.Value)));
        Assert.Equal([("limit", 1L)], ended.GetMeasurementSnapshot().Select(measured => ((string)measured.Tags["reason"]!, measured.Value)));
        Assert.Equal(3, active.GetMeasurementSnapshot().Sum(measured => measured.Value));
    }

    [Fact]
    public void ClientsConnection_Closed_EndsIdleOnesAtOnceAndHeldOnesWithTheirRequest()
    {
        var pool = Pool();
        using var left = new CancellationTokenSource();
        var idle = Acquire(pool, "192.0.2.1:1", closed: left.Token)!;
        var held = Acquire(pool, "192.0.2.2:1", closed: left.Token)!;
        (_, _) = (idle.Invoker, held.Invoker);
        pool.Release(idle);

        left.Cancel();
        Assert.Equal([true, false], _created.Select(handler => handler.IsClosed));
        pool.Release(held);
        Assert.Equal([true, true], _created.Select(handler => handler.IsClosed));
        Assert.Equal(0, pool.Count);

        // A connection that had closed before it was known.
        var late = Acquire(pool, "192.0.2.3:1", closed: left.Token)!;
        pool.Release(late);
        Assert.Equal(0, pool.Count);
    }

    [Fact]
    public void Retire_IdleEndAtOnce_HeldAndLateOnesWithTheirRequest()
    {
        var pool = Pool();
        var idle = Acquire(pool, "192.0.2.1:1")!;
        var held = Acquire(pool, "192.0.2.2:1")!;
        (_, _) = (idle.Invoker, held.Invoker);
        pool.Release(idle);

        pool.Retire();
        Assert.Equal([true, false], _created.Select(handler => handler.IsClosed));
        var late = Acquire(pool, "192.0.2.3:1")!;
        _ = late.Invoker;
        pool.Release(late);
        pool.Release(held);
        Assert.All(_created, handler => Assert.True(handler.IsClosed));
        Assert.Equal(0, pool.Count);
    }

    [Fact]
    public void Room_Needed_EndsTheClientThatWasIdleLongestOfAllPools()
    {
        using var ended = new MetricCollector<long>(_services.GetRequiredService<IMeterFactory>(), "Gateway.Http", "gateway.destination.client.ended");
        var limit = new ConnectionLimit(null, possible: 4);
        var pools = new ClientPools(limit);
        ClientPool[] all = [Pool(), Pool(), Pool()];
        Array.ForEach(all, pools.Add);
        // A connection of each client's, as the connect callback counts it.
        var clients = new[] { 1, 0, 1, 0 }.Select((pool, i) => Acquire(all[pool], $"192.0.2.{i}:1")!).ToArray();
        Array.ForEach(clients, client => ((HandlerInvoker)client.Invoker).Handler.Connect(limit));
        Assert.False(limit.TryAcquire(ConnectionKind.Own));
        foreach (var i in new[] { 2, 1, 0 })
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            clients[i].Pool.Release(clients[i]);
        }

        Assert.True(limit.TryAcquire(ConnectionKind.Own));
        Assert.Equal([false, false, true, false], _created.Select(handler => handler.IsClosed));
        Assert.True(limit.TryAcquire(ConnectionKind.Own));
        Assert.Equal([false, true, true, false], _created.Select(handler => handler.IsClosed));
        Assert.True(limit.TryAcquire(ConnectionKind.Own));
        // The last one is held, and stays.
        Assert.False(limit.TryAcquire(ConnectionKind.Own));
        Assert.Equal([true, true, true, false], _created.Select(handler => handler.IsClosed));
        Assert.Equal([("descriptors", 1L), ("descriptors", 1L), ("descriptors", 1L)], ended.GetMeasurementSnapshot().Select(measured => ((string)measured.Tags["reason"]!, measured.Value)));
        GC.KeepAlive(all);
    }

    [Fact]
    public async Task Threads_ThatComeAndGoAndCloseAtOnce_LeaveNothingBehind()
    {
        var pool = Pool(maxClients: 4, idleTimeout: 1);
        var isBroken = false;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 5000; i++)
            {
                using var closed = new CancellationTokenSource();
                if (Acquire(pool, $"192.0.2.{random.Next(1, 8)}:1", closed: closed.Token) is { } client)
                {
                    isBroken |= ((HandlerInvoker)client.Invoker).Handler.IsClosed;
                    if (random.Next(2) == 0)
                    {
                        closed.Cancel();
                    }

                    isBroken |= ((HandlerInvoker)client.Invoker).Handler.IsClosed;
                    pool.Release(client);
                }
            }
        }))).WaitAsync(TimeSpan.FromSeconds(60));

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(isBroken);
        Assert.Equal(0, pool.Count);
        Assert.All(_created, handler => Assert.True(handler.IsClosed));
    }

    private ClientPool Pool(int maxClients = 100, int idleTimeout = 30) => new(
        ClusterSourceIp.Of(new Dictionary<string, string>
        {
            ["SourceIp.Mode"] = "ProxyProtocol",
            ["SourceIp.MaxClients"] = $"{maxClients}",
            ["SourceIp.IdleTimeout"] = $"{idleTimeout}s",
        })!,
        "c", Create, new ClientPoolMetrics(_services.GetRequiredService<IMeterFactory>()), _time);

    private HandlerInvoker Create(Announcement announced)
    {
        var handler = new Handler();
        lock (_created)
        {
            _created.Add(handler);
        }

        return new HandlerInvoker(handler);
    }

    private static ClientConnections? Acquire(ClientPool pool, string client, string destination = "198.51.100.1:80", byte[]? tlvs = null, CancellationToken closed = default)
    {
        var identity = Identity(client, destination, tlvs);
        return pool.Acquire(ClientKey.OfHeader(identity, identity.Tlvs), new Announcement(identity), closed);
    }

    private static ConnectionIdentity Identity(string client, string destination = "198.51.100.1:80", byte[]? tlvs = null) => new()
    {
        Client = IPEndPoint.Parse(client),
        Peer = IPEndPoint.Parse(client),
        Local = IPEndPoint.Parse(destination),
        Source = IdentitySource.Socket,
        Tlvs = tlvs ?? [],
    };

    private sealed class HandlerInvoker(Handler handler) : HttpMessageInvoker(handler)
    {
        public Handler Handler { get; } = handler;
    }

    private sealed class Handler : HttpMessageHandler
    {
        private ConnectionLimit? _limit;

        public bool IsClosed { get; private set; }

        public void Connect(ConnectionLimit limit) => Assert.True((_limit = limit).TryAcquire(ConnectionKind.Own));

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            _limit?.Release(ConnectionKind.Own);
            base.Dispose(disposing);
        }
    }
}
