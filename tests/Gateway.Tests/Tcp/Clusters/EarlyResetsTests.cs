using System.Net;
using Gateway.Tcp.Clusters;

namespace Gateway.Tests.Tcp.Clusters;

/// <summary>Connections that a server takes and resets before it answers.</summary>
public sealed class EarlyResetsTests
{
    private static readonly IPAddress One = IPAddress.Parse("203.0.113.1");
    private static readonly IPAddress Two = IPAddress.Parse("203.0.113.2");

    private readonly EarlyResets _resets = new();
    private readonly List<long> _asked = [];
    private long _now;
    private bool _hasAnswered;

    [Fact]
    public void Count_TwoClients_AreTooMany()
    {
        Assert.False(Count(One, acceptedAt: 7));
        Assert.Empty(_asked);
        Assert.True(Count(Two, acceptedAt: 5));
        Assert.Equal([5], _asked);
    }

    [Fact]
    public void Count_OneClientAlone_IsNeverTooMany()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.False(Count(One));
        }
    }

    [Fact]
    public void Count_AnAnswerBetween_BeginsAnew()
    {
        Count(One);
        _resets.Answered();
        Assert.False(Count(Two));
        Assert.True(Count(One));
    }

    /// <summary>A trial that is reached is no recovery: the first reset behind it is one too many.</summary>
    [Fact]
    public void Count_AfterTooMany_TheNextIsTooManyUntilAnAnswer()
    {
        Count(One);
        Assert.True(Count(Two));
        Assert.True(Count(One));
        _resets.Answered();
        Assert.False(Count(Two));
    }

    [Fact]
    public void Count_OthersGetAnswers_IsNobodysFaultForASecond()
    {
        _hasAnswered = true;
        Count(One);
        Assert.False(Count(Two));
        _hasAnswered = false;
        for (var i = 0; i < 10; i++)
        {
            Assert.False(Count(i % 2 == 0 ? One : Two));
        }

        Assert.Single(_asked);
        _now = TimeSpan.TicksPerSecond;
        Assert.False(Count(One));
        Assert.True(Count(Two));
    }

    private bool Count(IPAddress client, long acceptedAt = 0) => _resets.Count(2, new TimeSpan(_now), client, acceptedAt, since =>
    {
        _asked.Add(since);
        return _hasAnswered;
    });
}
