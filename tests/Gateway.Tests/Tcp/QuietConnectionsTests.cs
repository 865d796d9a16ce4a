using Gateway.Tcp.Admission;

namespace Gateway.Tests.Tcp;

/// <summary>Who gives way when there are too many.</summary>
public sealed class QuietConnectionsTests
{
    private readonly QuietConnections _connections = new();
    private readonly List<string> _ended = [];

    [Fact]
    public void EndMoreThan_AllSilent_EndsTheOldest()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            Add(name);
        }

        _connections.EndMoreThan(2);

        Assert.Equal(["a"], _ended);
        Assert.Equal(2, _connections.Count);
    }

    [Fact]
    public void EndMoreThan_ANewcomerAmongThoseThatSpeak_EndsWhoSpokeLongestAgo()
    {
        var (a, b) = (Add("a"), Add("b"));
        a.Heard();
        b.Heard();
        a.Heard();
        Add("new");

        _connections.EndMoreThan(2);

        Assert.Equal(["b"], _ended);
    }

    [Fact]
    public void EndMoreThan_AFloodOfSilentOnes_SparesWhoHasSpoken()
    {
        Add("speaks").Heard();
        for (var i = 0; i < 10; i++)
        {
            Add($"{i}");
            _connections.EndMoreThan(4);
        }

        Assert.DoesNotContain("speaks", _ended);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], _ended);
    }

    [Fact]
    public void EndMoreThan_OneThatLeft_IsNotCounted()
    {
        Add("speaks").Heard();
        Add("left").Dispose();
        Add("silent");

        _connections.EndMoreThan(2);
        Assert.Empty(_ended);
        Assert.Equal(2, _connections.Count);
    }

    [Fact]
    public void Heard_OfOneThatGaveWay_DoesNotBringItBack()
    {
        var gone = Add("gone");
        Add("silent");
        _connections.EndMoreThan(1);

        gone.Heard();
        gone.Dispose();

        Assert.Equal(["gone"], _ended);
        Assert.Equal(1, _connections.Count);
    }

    private QuietConnection Add(string name) => _connections.Add(() => _ended.Add(name));
}
