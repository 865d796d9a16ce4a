using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Balancing;

public sealed class BalancingPolicyTests
{
    public static TheoryData<TcpLoadBalancingPolicy> All => [.. Enum.GetValues<TcpLoadBalancingPolicy>()];

    [Theory]
    [InlineData(new[] { 1, 1, 1 }, "", "120120")]
    [InlineData(new[] { 1, 1, 1, 1 }, "1", "230230")]
    [InlineData(new[] { 3, 1 }, "", "0100")]
    [InlineData(new[] { 3, 1, 2 }, "0", "212212")]
    public void RoundRobin_SomeClosed_TheOthersDivideTheirPartsEvenly(int[] weights, string closed, string expected)
    {
        var policy = Policy(TcpLoadBalancingPolicy.RoundRobin, weights);

        Assert.Equal(expected, string.Concat(Choose(policy, expected.Length, closed)));
    }

    [Fact]
    public void LeastRequests_AShareThatIsNew_GetsAllUntilItHasAsMany()
    {
        Share[] shares = [.. Shares(1, 1, 1)];
        Enter(shares[0], 10);
        Enter(shares[1], 10);
        var policy = Policy(TcpLoadBalancingPolicy.LeastRequests, shares);

        Assert.Equal(Enumerable.Repeat(2, 10), Connect(policy, shares, 10));
        Assert.Equal([0, 1, 2], Connect(policy, shares, 3).Order());
        shares[1].Load.Leave();
        Assert.Equal([1], Connect(policy, shares, 1));
    }

    [Fact]
    public void LeastRequests_Weights_AreKeptWithoutRounding()
    {
        var shares = Shares(3, 7, 100);
        var policy = Policy(TcpLoadBalancingPolicy.LeastRequests, shares);

        Connect(policy, shares, 1100);

        Assert.Equal([30, 70, 1000], shares.Select(static share => share.Load.Connections));
    }

    [Fact]
    public void LeastRequests_AllIdle_TakeTurnsByWeight()
    {
        var policy = Policy(TcpLoadBalancingPolicy.LeastRequests, 3, 1);

        var chosen = Choose(policy, 40);

        Assert.Equal((30, 10), (chosen.Count(static number => number == 0), chosen.Count(static number => number == 1)));
    }

    [Fact]
    public async Task LeastRequests_ManyAtTheSameTime_AreSpreadExactly()
    {
        var shares = Shares(1, 1, 1, 1);
        var policy = Policy(TcpLoadBalancingPolicy.LeastRequests, shares);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Connect(policy, shares, 10_000))));

        Assert.All(shares, static share => Assert.Equal(10_000, share.Load.Connections));
    }

    // χ² with three degrees of freedom is above 16.27 once in a thousand samples. The seed makes the sample always the same.
    [Theory]
    [InlineData(TcpLoadBalancingPolicy.Random)]
    [InlineData(TcpLoadBalancingPolicy.PowerOfTwoChoices)]
    public void Drawn_Idle_AreWithinChiSquareOfTheirWeights(TcpLoadBalancingPolicy kind)
    {
        int[] weights = [1, 2, 3, 4];
        var policy = Policy(kind, weights);

        var chosen = Choose(policy, 10_000).ToLookup(static number => number);

        var squares = weights.Select((weight, number) => Math.Pow(chosen[number].Count() - (weight * 1000), 2) / (weight * 1000));
        Assert.InRange(squares.Sum(), 0, 16.27);
    }

    // With random choices the fullest of 8 would have about 1000 + 3·√875 connections.
    [Fact]
    public void PowerOfTwoChoices_ConnectionsThatStay_AreNearlyEven()
    {
        var shares = Shares(1, 1, 1, 1, 1, 1, 1, 1);
        var policy = Policy(TcpLoadBalancingPolicy.PowerOfTwoChoices, shares);

        Connect(policy, shares, 8000);

        Assert.All(shares, static share => Assert.InRange(share.Load.Connections, 995, 1005));
    }

    [Fact]
    public void PowerOfTwoChoices_OneIsBusy_GetsNothing()
    {
        var shares = Shares(1, 1);
        Enter(shares[0], 5);
        var policy = Policy(TcpLoadBalancingPolicy.PowerOfTwoChoices, shares);

        Assert.Equal(Enumerable.Repeat(1, 50), Choose(policy, 50));
    }

    [Fact]
    public void FirstAlphabetical_ClosedInTurn_GoesOnInTheOrderOfNames()
    {
        Share[] shares = [new(0, "b", 9, new Load()), new(1, "C", 1, new Load()), new(2, "a", 1, new Load())];
        var policy = Policy(TcpLoadBalancingPolicy.FirstAlphabetical, shares);

        Assert.Equal([2, 2], Choose(policy, 2));
        Assert.Equal([0], Choose(policy, 1, "2"));
        Assert.Equal([1], Choose(policy, 1, "20"));
    }

    [Fact]
    public void ClientAddress_OwnShareClosed_ThePolicyChoosesAmongTheOthers()
    {
        var shares = Shares(1, 1, 1);
        Enter(shares[0], 1);
        var alone = new ClientAddressPolicy(shares, others: null);
        var beside = new ClientAddressPolicy(shares, Policy(TcpLoadBalancingPolicy.LeastRequests, shares));
        var clients = Enumerable.Range(1, 100).Select(static number => new IPAddress([203, 0, 113, (byte)number])).ToList();

        Assert.All(clients, client => Assert.Equal(alone.Choose(default, client), beside.Choose(default, client)));
        var closed = new IndexSet();
        closed.Add(1);
        var ofClosed = clients.Where(client => alone.Choose(default, client).Number == 1).ToList();
        Assert.InRange(ofClosed.Count, 20, 47);
        Assert.All(ofClosed, client => Assert.Equal(2, alone.Choose(closed, client).Number));
        Assert.All(ofClosed, client => Assert.Equal(2, beside.Choose(closed, client).Number));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Choose_AllButOneClosed_IsTheOneAndNoneBehindIt(TcpLoadBalancingPolicy kind)
    {
        var policy = Policy(kind, [.. Enumerable.Range(1, 70)]);
        var closed = new IndexSet();
        for (var number = 0; number < 70; number++)
        {
            if (number != 66)
            {
                closed.Add(number);
            }
        }

        Assert.Equal(66, policy.Choose(closed, null).Number);
        closed.Add(66);
        Assert.True(policy.Choose(closed, null).IsNone);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Choose_Thousands_AllocateNothing(TcpLoadBalancingPolicy kind)
    {
        var policy = Policy(kind, 1, 2, 3, 4);
        var closed = new IndexSet();
        closed.Add(1);
        policy.Choose(closed, IPAddress.Loopback);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 5000; i++)
        {
            policy.Choose(closed, IPAddress.Loopback);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Share[] Shares(params int[] weights) =>
        [.. weights.Select(static (weight, number) => new Share(number, $"d{number:00}", weight, new Load()))];

    private static BalancingPolicy Policy(TcpLoadBalancingPolicy kind, params int[] weights) => Policy(kind, Shares(weights));

    private static BalancingPolicy Policy(TcpLoadBalancingPolicy kind, Share[] shares) =>
        BalancingPolicy.Create(kind, shares, new Turns(), new Random(20261127));

    private static List<int> Choose(BalancingPolicy policy, int count, string closed = "")
    {
        var set = new IndexSet();
        foreach (var digit in closed)
        {
            set.Add(digit - '0');
        }

        return [.. Enumerable.Range(0, count).Select(_ => policy.Choose(set, null).Number)];
    }

    // Connections that stay.
    private static List<int> Connect(BalancingPolicy policy, Share[] shares, int count)
    {
        var chosen = new List<int>();
        while (chosen.Count < count)
        {
            var choice = policy.Choose(default, null);
            if (shares[choice.Number].Load.TryEnter(choice) == Entry.Entered)
            {
                chosen.Add(choice.Number);
            }
        }

        return chosen;
    }

    private static void Enter(Share share, int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            share.Load.TryEnter(new Choice(share.Number));
        }
    }
}
