using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Clusters;

public sealed class AddressStatesTests
{
    private static readonly PassiveRules Rules = new(Failures: 2, TimeSpan.FromSeconds(10), MaxEjectedPercent: 50);

    private readonly DestinationState _destination = new();

    private AddressStates Addresses => _destination.Addresses;

    [Fact]
    public void Of_SameAnswer_AllocatesNothing()
    {
        var set = Of(1, 2);
        var again = Answer(1, 2);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var same = Addresses.Of(again, TcpLoadBalancingPolicy.RoundRobin);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Same(set, same);
    }

    [Fact]
    public void Of_AddressesComeAndGo_KeepThoseThatStayOrHaveConnections()
    {
        var before = Of(1, 2, 3).States;
        Enter(before[1]);

        var after = Of(3, 4).States;
        Assert.Same(before[2], after[0]);
        Assert.Equal(3, Addresses.Count);

        Assert.Equal([before[1], before[2]], Of(2, 3).States);
        Assert.Equal(2, Addresses.Count);
        Assert.Equal(1, before[1].Connections);
    }

    [Fact]
    public void End_LastConnectionOfAnAddressThatIsGone_ForgetsIt()
    {
        var gone = Of(1, 2).States[1];
        Enter(gone);
        Enter(gone);
        Of(1);

        gone.End();
        Assert.Equal((2, 1), (Addresses.Count, _destination.Connections));
        gone.End();
        Assert.Equal((1, 0), (Addresses.Count, _destination.Connections));
        Assert.NotSame(gone, Of(1, 2).States[1]);
    }

    [Fact]
    public void Of_AnotherPolicy_KeepsTheStates() =>
        Assert.Equal(Of(1, 2).States, Addresses.Of(Answer(1, 2), TcpLoadBalancingPolicy.Random).States);

    [Fact]
    public void Failed_TwiceInARow_IsAvoidedUntilOneDialHasTriedIt()
    {
        var address = Of(1, 2).States[0];
        Assert.Equal([0, 2, 0], [Fail(address, 0), Fail(address, 0), Fail(address, 0)]);
        Assert.True(address.IsAvoided(TimeSpan.FromSeconds(9)));

        Assert.False(address.IsAvoided(TimeSpan.FromSeconds(10)));
        Assert.Equal([true, true], Begin(address, 10));
        Assert.True(address.IsAvoided(TimeSpan.FromSeconds(11)));

        Fail(address, 11);
        Assert.True(address.IsAvoided(TimeSpan.FromSeconds(20)));
        Assert.Equal([true, true], Begin(address, 21));
        address.Reached();
        Assert.False(address.IsAvoided(TimeSpan.FromSeconds(21)));
        Assert.Equal(0, Fail(address, 21));
    }

    [Fact]
    public void TryBegin_BegunByAnotherDialSinceTheChoice_IsRefusedUnlessItIsTheLastAddress()
    {
        var address = Of(1, 2).States[0];
        Fail(address, 0);
        Fail(address, 0);
        var now = TimeSpan.FromSeconds(10);

        // Both dials have chosen the address, since its time is over.
        Assert.False(address.IsAvoided(now));
        Assert.True(address.TryBegin(now, TimeSpan.FromSeconds(15), asLast: false));
        Assert.False(address.TryBegin(now, TimeSpan.FromSeconds(15), asLast: false));
        Assert.True(address.TryBegin(now, TimeSpan.FromSeconds(15), asLast: true));
    }

    [Fact]
    public async Task TryBegin_ManyAtTheSameTime_OneTries()
    {
        var address = Of(1, 2).States[0];
        Fail(address, 0);
        Fail(address, 0);
        var now = TimeSpan.FromSeconds(10);
        using var start = new Barrier(4);

        var tries = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            start.SignalAndWait();
            return address.TryBegin(now, TimeSpan.FromSeconds(15), asLast: false);
        })).ToList();

        Assert.Single(await Task.WhenAll(tries), static began => began);
    }

    [Fact]
    public void Failed_OneClientsOwnAddress_CountsOnce()
    {
        var address = Of(1, 2).States[0];
        var client = IPAddress.Parse("203.0.113.7");

        Assert.Equal([0, 0, 0], [Fail(address, 0, client), Fail(address, 0, client), Fail(address, 0, client)]);
        Assert.Equal(2, Fail(address, 0, IPAddress.Parse("203.0.113.8")));
    }

    private static int Fail(AddressState address, int seconds, IPAddress? source = null) =>
        address.Failed(Rules, TimeSpan.FromSeconds(seconds), source);

    // The second begins while the first is trying, as the last of its name.
    private static bool[] Begin(AddressState address, int seconds) =>
        [.. Enumerable.Range(0, 2).Select(_ => address.TryBegin(
            TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(15), asLast: true))];

    private static IPEndPoint[] Answer(params int[] hosts) => [.. hosts.Select(static host => IPEndPoint.Parse($"192.0.2.{host}:1"))];

    private AddressSet Of(params int[] hosts) => Addresses.Of(Answer(hosts), TcpLoadBalancingPolicy.RoundRobin);

    private void Enter(AddressState address)
    {
        address.TryEnter(new Choice(0));
        _destination.TryEnter(new Choice(0));
    }
}
