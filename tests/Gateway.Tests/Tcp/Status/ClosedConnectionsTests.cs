using System.Net;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Status;

/// <summary>The connections that ended last, and how many ended how.</summary>
public sealed class ClosedConnectionsTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly ClosedConnections _closed;

    public ClosedConnectionsTests() => _closed = new ClosedConnections(_time);

    [Fact]
    public void Read_AfterEnds_NewestFirstWithReason()
    {
        Add(1, CloseReason.ClientFin);
        Add(2, CloseReason.IdleTimeout, "half_closed");
        Add(3, reason: null);

        Assert.Equal([3L, 2, 1], _closed.Read().Select(static one => one.Number));
        Assert.Equal(["closed", "idle_timeout", "client_fin"], _closed.Read().Select(static one => one.Reason));
        Assert.Equal("half_closed", _closed.Read()[1].Detail);
        Assert.Equal(_time.GetUtcNow(), _closed.Read()[0].ClosedAt);
        Assert.Equal(TimeSpan.FromMinutes(5), _closed.Read()[0].Duration);
    }

    [Fact]
    public void Read_AfterASequence_OnlyNewerOnes()
    {
        Add(1, CloseReason.ClientFin);
        var seen = _closed.Last;
        Add(2, CloseReason.Drain);

        Assert.Equal([2L], _closed.Read(seen).Select(static one => one.Number));
        Assert.Empty(_closed.Read(_closed.Last));
    }

    [Fact]
    public void Read_InTwoParts_HasEachOnce()
    {
        Add(1, CloseReason.ClientFin);
        Add(2, CloseReason.Drain);
        var seen = _closed.Last;
        Add(3, CloseReason.ClientFin);

        Assert.Equal([2L, 1], _closed.Read(0, seen).Select(static one => one.Number));
        Assert.Equal([3L], _closed.Read(seen, _closed.Last).Select(static one => one.Number));
    }

    [Fact]
    public void Add_MoreThanARing_KeepsTheNewestAndTheCutOnes()
    {
        Add(1, CloseReason.MaxDuration);
        for (var i = 2; i <= ClosedConnections.RingSize + 10; i++)
        {
            Add(i, CloseReason.BackendFin);
        }

        var kept = _closed.Read();

        // Healthy ends do not push out the one that an operator looks for.
        Assert.Equal(ClosedConnections.RingSize + 1, kept.Count);
        Assert.Equal(1, kept[^1].Number);
        Assert.Equal(ClosedConnections.RingSize + 10, kept[0].Number);
        Assert.Equal(11, kept[^2].Number);
    }

    [Fact]
    public void Count_OfAHealthCheck_CountsAndDoesNotKeep()
    {
        Assert.False(_closed.Count(CloseReason.HealthCheck));
        Assert.True(_closed.Count(CloseReason.ClientFin));
        Assert.True(_closed.Count(null));

        var interval = Assert.Single(_closed.History.Read());
        Assert.Equal([("client_fin", 1), ("health_check", 1), ("closed", 1)], interval.Counts);
    }

    [Fact]
    public void Count_WhileNobodyAsks_CountsNothing()
    {
        _closed.IsKept = false;

        Assert.False(_closed.Count(CloseReason.ClientFin));
        Assert.Empty(_closed.History.Read());
    }

    [Fact]
    public async Task Add_FromManyThreads_LosesNone()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 250; i++)
            {
                _closed.Count(CloseReason.ClientReset);
                Add((thread * 250) + i, CloseReason.ClientReset);
            }
        })));

        Assert.Equal(1000, _closed.Read().Select(static one => one.Number).Distinct().Count());
        Assert.Equal(1000, Assert.Single(_closed.History.Read()).Counts.Single().Count);
    }

    private void Add(long number, CloseReason? reason, string? detail = null) =>
        _closed.Add(SummaryOf(number), reason, detail, TimeSpan.FromMinutes(5));

    private static ConnectionSummary SummaryOf(long number) => new()
    {
        Number = number,
        Protocol = ConnectionSummary.Tcp,
        Client = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 1),
        Peer = new IPEndPoint(IPAddress.Loopback, 2),
        Listener = "db",
    };
}
