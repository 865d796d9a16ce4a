using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Status;

/// <summary>Ends by minute and reason, for an hour.</summary>
public sealed class CloseHistoryTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly CloseHistory _history;

    public CloseHistoryTests() => _history = new CloseHistory(_time);

    [Fact]
    public void Read_OverMinutes_OneIntervalForEachWithEnds()
    {
        _history.Add(CloseReason.ClientFin);
        _history.Add(CloseReason.ClientFin);
        _time.Advance(TimeSpan.FromMinutes(2));
        _history.Add(CloseReason.IdleTimeout);

        var intervals = _history.Read();

        Assert.Equal(2, intervals.Count);
        Assert.Equal([("client_fin", 2)], intervals[0].Counts);
        Assert.Equal([("idle_timeout", 1)], intervals[1].Counts);
        Assert.Equal(TimeSpan.FromMinutes(2), intervals[1].From - intervals[0].From);
    }

    [Fact]
    public void Read_AfterAnHour_TheOldestIsForgotten()
    {
        _history.Add(CloseReason.ClientFin);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Single(_history.Read());

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_history.Read());

        // The new minute has the old minute's place.
        _history.Add(CloseReason.Drain);
        Assert.Equal([("drain", 1)], Assert.Single(_history.Read()).Counts);
    }
}
