using System.Net;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Telemetry;

public sealed class PeerTallyTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Count_ManyPeers_TellsEachOfTheFirstOnceAndLosesNone()
    {
        var tally = new PeerTally(Interval, 3, _time);
        var told = new List<(int Peer, long Count)>();
        for (var round = 0; round < 2; round++)
        {
            for (var peer = 0; peer < 5; peer++)
            {
                Count(tally, peer, told);
            }
        }

        Assert.Equal([(0, 1), (1, 1), (2, 1)], told);
        _time.Advance(Interval);
        Count(tally, 4, told);
        Assert.Equal((4, 8), told[^1]);
    }

    [Fact]
    public void Count_AnotherRuleOrListener_HasPlacesOfItsOwn()
    {
        var tally = new PeerTally(Interval, 1, _time);

        Assert.True(tally.Count("a", "UntrustedPeer", Peer(1), out _));
        Assert.False(tally.Count("a", "UntrustedPeer", Peer(2), out _));
        Assert.True(tally.Count("a", "HeaderMissing", Peer(2), out _));
        Assert.True(tally.Count("b", "UntrustedPeer", Peer(2), out _));
    }

    private static void Count(PeerTally tally, int peer, List<(int Peer, long Count)> told)
    {
        if (tally.Count("a", "UntrustedPeer", Peer(peer), out var count))
        {
            told.Add((peer, count));
        }
    }

    private static IPAddress Peer(int number) => new([10, 0, 0, (byte)number]);
}
