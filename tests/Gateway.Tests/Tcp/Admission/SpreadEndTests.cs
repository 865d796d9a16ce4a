using Gateway.Tcp.Admission;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Admission;

/// <summary>The connections that outlive a drain, ended one after another.</summary>
public sealed class SpreadEndTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LiveConnections _live = new();

    [Fact]
    public void Window_Passes_EndsThemEvenly()
    {
        var connections = Add(40);
        using var ends = new SpreadEnd(_live, TimeSpan.FromSeconds(4), _time);

        for (var tenth = 1; tenth <= 10; tenth++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.4));
            Assert.Equal(4 * tenth, connections.Sum(static one => one.Aborted));
        }

        Assert.All(connections, static one => Assert.Equal(1, one.Aborted));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.All(connections, static one => Assert.Equal(1, one.Aborted));
    }

    [Fact]
    public void Order_IsNotThatOfTheirNumbers()
    {
        var connections = Add(1000);
        using var ends = new SpreadEnd(_live, TimeSpan.FromSeconds(1), _time);

        _time.Advance(TimeSpan.FromSeconds(0.5));

        Assert.Equal(500, connections.Sum(static one => one.Aborted));
        Assert.NotEqual(500, connections.Take(500).Sum(static one => one.Aborted));
    }

    [Fact]
    public void Dispose_InTheMiddle_EndsNoMore()
    {
        var connections = Add(10);
        using (new SpreadEnd(_live, TimeSpan.FromSeconds(1), _time))
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(5, connections.Sum(static one => one.Aborted));
    }

    private List<HeldConnection> Add(int count)
    {
        var connections = Enumerable.Range(1, count).Select(static number => new HeldConnection(number)).ToList();
        connections.ForEach(_live.Add);
        return connections;
    }
}
