using Gateway.Tcp.Admission;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Admission;

/// <summary>Who gives way when there are too many.</summary>
public sealed class QuietConnectionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LiveConnections _live;
    private readonly QuietConnections _connections;
    private readonly Dictionary<string, HeldConnection> _all = [];

    public QuietConnectionsTests()
    {
        _live = new LiveConnections(_time);
        _connections = new QuietConnections(_time);
        _connections.Watch(_live);
    }

    private string Ended => string.Join(',', _all.Where(static entry => entry.Value.GaveWay > 0).Select(static entry => entry.Key));

    [Fact]
    public void EndMoreThan_AllSilent_EndsTheOldest()
    {
        Add("a", "b", "c");

        _connections.EndMoreThan(2);

        Assert.Equal("a", Ended);
        _connections.EndMoreThan(2);
        Assert.Equal("a", Ended);
    }

    [Fact]
    public void EndMoreThan_ANewcomerAmongThoseThatSpeak_EndsWhoSpokeLongestAgo()
    {
        Add("a", "b");
        _all["a"].Heard(30);
        _all["b"].Heard(20);
        Add("new");

        _connections.EndMoreThan(2);

        Assert.Equal("b", Ended);
    }

    [Fact]
    public void EndMoreThan_AFloodOfSilentOnes_SparesWhoHasSpoken()
    {
        Add("speaks");
        _all["speaks"].Heard(1);
        for (var i = 0; i < 10; i++)
        {
            Add($"{i}");
            _connections.EndMoreThan(4);
        }

        Assert.Equal("0,1,2,3,4,5,6", Ended);
    }

    [Fact]
    public void EndMoreThan_OneThatLeft_IsNotCounted()
    {
        Add("speaks", "left", "silent");
        _all["speaks"].Heard(1);
        _live.Remove(_all["left"]);

        _connections.EndMoreThan(2);

        Assert.Equal("", Ended);
    }

    [Fact]
    public void TryTakePlace_SilentOnesOfSeveralLists_OldestGivesWayFirstAndOnce()
    {
        var others = new LiveConnections(_time);
        _connections.Watch(others);
        Add("a");
        var older = new HeldConnection(0, ConnectionKind.Http);
        others.Add(older);

        Assert.Same(older, _connections.TryTakePlace());
        Assert.Same(_all["a"], _connections.TryTakePlace());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_connections.TryTakePlace());
    }

    [Fact]
    public void TryTakePlace_SpokenSinceItWasRemembered_IsSpared()
    {
        Add("a", "b", "c");
        Assert.Same(_all["a"], _connections.TryTakePlace());
        _all["b"].Heard(1);

        Assert.Same(_all["c"], _connections.TryTakePlace());
    }

    [Fact]
    public void TryTakePlace_ConnectionOfThisSecond_MayBeAboutToSpeak()
    {
        var young = new HeldConnection(1, acceptedAt: _time.GetTimestamp());
        _live.Add(young);
        Assert.Null(_connections.TryTakePlace());

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Same(young, _connections.TryTakePlace());
    }

    private void Add(params string[] names)
    {
        foreach (var name in names)
        {
            var connection = new HeldConnection(_all.Count + 1);
            _all.Add(name, connection);
            _live.Add(connection);
        }
    }
}
