using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.Admin.Api;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Admin.Api;

/// <summary>The live connections that a question finds.</summary>
public sealed class LiveListTests
{
    private readonly LiveConnections _tcp = new();
    private readonly LiveConnections _http = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly LiveList _list;
    private readonly List<ForwardedQuestion> _questions = [];
    private TimeSpan _look;
    private ForwardedAnswer _forwarded = ForwardedAnswer.None;

    public LiveListTests() => _list = new LiveList(
        _tcp,
        _http,
        question =>
        {
            _questions.Add(question);
            _time.Advance(_look);
            return _forwarded;
        },
        _time);

    [Fact]
    public void Find_OverAllTables_NewestFirstUpToTheLimit()
    {
        for (var number = 1; number <= 10; number++)
        {
            (number % 2 == 0 ? _tcp : _http).Add(new Connection(number, "203.0.113.1", number > 5 ? "web" : "db"));
        }

        Assert.Equal([10L, 9, 8], Numbers("?limit=3"));
        Assert.Equal([1L, 2, 3], Numbers("?limit=3&sort=oldest"));
        Assert.Equal([5L, 4, 3, 2, 1], Numbers("?listener=db"));
        Assert.Equal((0, 10), (Numbers("?limit=0").Count, _list.Find(Filter("?limit=0")).Total));
        var counts = _list.CountByListener();
        Assert.Equal((2, 5), (counts.Count, counts["DB"]));
        Assert.Equal((5, 5, 0), _list.Count());
        Assert.Equal(7, _list.Find(7)!.Id);
    }

    [Fact]
    public void Find_Forwarded_BehindTheOthersAndCountedWithAll()
    {
        _tcp.Add(new Connection(1, "203.0.113.1", "db"));
        _forwarded = new ForwardedAnswer([Forwarded(9)], 12_000, 40_000, new Dictionary<string, int> { ["forwarded"] = 40_000 });

        var (connections, total) = _list.Find(Filter("?limit=2"));

        Assert.Equal(["tcp", "dnat"], connections.Select(static one => one.Protocol));
        Assert.Equal(12_001, total);
        Assert.Equal((1, 0, 40_000), _list.Count());
        Assert.Equal(40_000, _list.CountByListener()["forwarded"]);
        Assert.Single(_list.Find(Filter("?limit=1")).Connections);
    }

    // The kernel copies its table for each look: one look for all that a page asks every two seconds.
    [Fact]
    public void Find_AsAPageDoes_AsksTheKernelOnceInTwoSeconds()
    {
        var filter = Filter("?client=203.0.113.9:4711&listener=forwarded&route=r&limit=7");
        _list.Find(filter);
        for (var turn = 0; turn < 3; turn++)
        {
            _list.Count();
            _list.Find(filter);
            _list.CountByListener();
            _time.Advance(TimeSpan.FromSeconds(2.1));
        }

        Assert.Equal(3, _questions.Count);
        Assert.All(_questions, question => Assert.Equal(
            new ForwardedQuestion(IPNetwork.Parse("203.0.113.9/32"), 4711, "forwarded", "r", 7), question));

        // Another question is answered at once.
        _list.Find(Filter("?client=203.0.113.8"));
        _list.Find(Filter(""));
        Assert.Equal(5, _questions.Count);
    }

    // Of a table with tens of thousands of connections.
    [Theory]
    [InlineData(50, 20)]
    [InlineData(1000, 60)]
    public void Find_LooksTakeLong_AsksTheKernelMoreSeldom(int milliseconds, int seconds)
    {
        _look = TimeSpan.FromMilliseconds(milliseconds);
        _list.Count();
        _time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
        _list.Count();
        Assert.Single(_questions);

        _time.Advance(TimeSpan.FromSeconds(0.2));
        _list.Count();
        Assert.Equal(2, _questions.Count);
    }

    // Two pages with searches of their own: looks take no larger share of the time than with one.
    [Fact]
    public void Find_OfSeveralPages_EachIsAskedMoreSeldom()
    {
        _look = TimeSpan.FromMilliseconds(10);
        for (var seconds = 0; seconds < 40; seconds += 2)
        {
            _list.Find(Filter("?client=203.0.113.1"));
            _list.Find(Filter("?client=203.0.113.2"));
            _list.Count();
            _time.Advance(TimeSpan.FromSeconds(2) - _look);
        }

        // One page: every four seconds.
        Assert.InRange(_questions.Count, 8, 12);
        Assert.Equal(2, _questions.Distinct().Count());
    }

    [Fact]
    public void Find_OfManySearches_KeepsAFew()
    {
        _forwarded = new ForwardedAnswer([Forwarded(9)], 1, 1, new Dictionary<string, int>());
        for (var number = 0; number <= EventsResource.MostSubscribers; number++)
        {
            _list.Find(Filter($"?client=203.0.113.{number}"));
        }

        _list.Find(Filter($"?client=203.0.113.{EventsResource.MostSubscribers}"));
        Assert.Equal(EventsResource.MostSubscribers + 1, _questions.Count);
        _list.Find(Filter("?client=203.0.113.0"));
        Assert.Equal(EventsResource.MostSubscribers + 2, _questions.Count);
    }

    // A page asks for both at a time.
    [Fact]
    public void Count_BehindASearch_WalksOnceASecond()
    {
        var connection = new Connection(1, "203.0.113.1", "db");
        _tcp.Add(connection);
        for (var turn = 1; turn <= 3; turn++)
        {
            _list.Find(Filter(""));
            Assert.Equal(1, _list.CountByListener()["db"]);
            Assert.Equal(turn, connection.TimesNamed);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        _tcp.Add(new Connection(2, "203.0.113.1", "db"));
        Assert.Equal(2, _list.CountByListener()["db"]);
    }

    // The answer's objects, and no object for each connection.
    [Fact]
    public void Find_AmongFiftyThousand_AllocatesForTheAnswerAlone()
    {
        for (var number = 1; number <= 50_000; number++)
        {
            _tcp.Add(new Connection(number, $"203.0.{number / 256 % 256}.{number % 256}", "db"));
        }

        var filter = Filter("?limit=100&client=203.0.0.0/16");
        _list.Find(filter);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var (connections, total) = _list.Find(filter);

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((100, 50_000), (connections.Count, total));
        Assert.InRange(allocated, 0, 200_000);
    }

    private List<long> Numbers(string query) =>
        [.. _list.Find(Filter(query)).Connections.Select(static one => one.Number)];

    private static ConnectionSummary Forwarded(long number) => new()
    {
        Number = number,
        Protocol = ConnectionSummary.Dnat,
        Client = IPEndPoint.Parse("203.0.113.9:1"),
        Peer = IPEndPoint.Parse("203.0.113.9:1"),
        Listener = "forwarded",
    };

    private static ConnectionFilter Filter(string query)
    {
        Assert.Null(ConnectionFilter.Parse(new QueryCollection(QueryHelpers.ParseQuery(query)), out var filter));
        return filter!;
    }

    private sealed class Connection(long number, string client, string listener) : AcceptedConnection(number, number)
    {
        public override ConnectionKind? Kind => ConnectionKind.Relayed;

        public int TimesNamed { get; private set; }

        public override string ListenerName
        {
            get
            {
                TimesNamed++;
                return listener;
            }
        }

        public override IPEndPoint Peer { get; } = new(IPAddress.Parse(client), 1);

        public override ProxyProtocolPolicy? ProxyProtocol => null;

        public override ToaPolicy? Toa => null;

        public override ReadOnlySequence<byte> Received => default;

        public override bool IsStopped => false;

        public override bool SeesOptions => false;

        public override bool IsSilent => false;

        public override IPEndPoint ReadLocal() => Peer;

        public override SocketError Receive() => SocketError.Success;

        public override ValueTask<SocketError> WaitAsync(TimeSpan limit) => throw new NotSupportedException();

        public override void Consume(int bytes) => throw new NotSupportedException();

        public override int ReadOptions(OptionCarriers carrier, Span<byte> options) => 0;

        public override bool Fail(Outcome outcome) => false;

        public override ConnectionSummary Summarize(DateTimeOffset? startedAt) => new()
        {
            Number = Id,
            Protocol = ConnectionSummary.Tcp,
            Client = Peer,
            Peer = Peer,
            Listener = listener,
            StartedAt = startedAt,
        };

        public override void Terminate() => throw new NotSupportedException();

        public override void GiveWay() => throw new NotSupportedException();

        public override void Abort() => throw new NotSupportedException();
    }
}
