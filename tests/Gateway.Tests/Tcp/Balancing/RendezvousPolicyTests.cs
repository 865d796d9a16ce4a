using System.Net;
using Gateway.Tcp.Balancing;

namespace Gateway.Tests.Tcp.Balancing;

public sealed class RendezvousPolicyTests
{
    private static readonly IPAddress[] Clients = [.. Enumerable.Range(0, 2000).Select(static number => Address(192, number))];

    [Fact]
    public void Choose_AnAddressGoes_MovesItsOwnClientsAlone()
    {
        var all = Choices(Enumerable.Range(0, 10));
        var without = Choices(Enumerable.Range(0, 10).Where(static number => number != 3));

        foreach (var (before, after) in all.Zip(without).Where(static pair => pair.First.GetAddressBytes()[3] != 3))
        {
            Assert.Equal(before, after);
        }

        // Each has a tenth of 2,000 clients: 200, give or take 13 (the square root of 200 * 0.9).
        Assert.All(all.CountBy(static address => address), static share => Assert.InRange(share.Value, 140, 260));
    }

    [Fact]
    public void Choose_OwnAddressClosed_AnotherThatStaysTheSame()
    {
        var policy = Policy(Enumerable.Range(0, 10), out _);
        IndexSet closed = default;
        var own = policy.Choose(closed, Clients[7]).Number;
        closed.Add(own);
        var next = policy.Choose(closed, Clients[7]).Number;

        Assert.NotEqual(own, next);
        Assert.Equal(next, policy.Choose(closed, Clients[7]).Number);
        foreach (var number in Enumerable.Range(0, 10))
        {
            closed.Add(number);
        }

        Assert.True(policy.Choose(closed, Clients[7]).IsNone);
    }

    private static IPAddress[] Choices(IEnumerable<int> numbers)
    {
        var policy = Policy(numbers, out var addresses);
        return Array.ConvertAll(Clients, client => addresses[policy.Choose(default, client).Number]);
    }

    private static RendezvousPolicy Policy(IEnumerable<int> numbers, out IPAddress[] addresses)
    {
        addresses = [.. numbers.Select(static number => Address(10, number))];
        return new RendezvousPolicy([.. addresses.Select(static (_, number) => new Share(number, "", 1, new Load()))], addresses);
    }

    private static IPAddress Address(byte first, int number) => new([first, 0, (byte)(number >> 8), (byte)number]);
}
