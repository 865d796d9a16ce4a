using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>The addresses of a name according to one answer, and how a dial chooses among them. Immutable.</summary>
internal sealed class AddressSet
{
    private readonly IPEndPoint[] _answer;
    private readonly TcpLoadBalancingPolicy? _kind;
    private readonly bool _isByClient;

    /// <summary>Makes a set.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="states">The states of its addresses, in the same order.</param>
    /// <param name="kind">How a dial chooses; null: in the order of the answer.</param>
    /// <param name="turns">Counts the turns of policies that take turns.</param>
    /// <param name="isByClient">Whether all connections of a client go to the same address.</param>
    public AddressSet(IPEndPoint[] answer, AddressState[] states, TcpLoadBalancingPolicy? kind, Turns turns, bool isByClient = false)
    {
        (_answer, States, _kind, _isByClient) = (answer, states, kind, isByClient);
        var shares = new Share[states.Length];
        for (var number = 0; number < shares.Length; number++)
        {
            shares[number] = new Share(number, NameOf(states[number], kind), 1, states[number]);
        }

        Policy = isByClient
            ? new RendezvousPolicy(shares, Array.ConvertAll(states, static state => state.Address.Address))
            : BalancingPolicy.Create(kind, shares, turns, Random.Shared);
    }

    /// <summary>The states of the addresses, in the order of the answer.</summary>
    public AddressState[] States { get; }

    /// <summary>Chooses among the addresses by their number in <see cref="States"/>.</summary>
    public BalancingPolicy Policy { get; }

    /// <summary>Whether this is the set for an answer.</summary>
    public bool IsOf(IPEndPoint[] answer, TcpLoadBalancingPolicy? kind, bool isByClient = false) =>
        kind == _kind && isByClient == _isByClient && (ReferenceEquals(answer, _answer) || _answer.AsSpan().SequenceEqual(answer));

    // Text of the same length sorts like the bytes. The other policies need no names, and a Service may have thousands of addresses.
    private static string NameOf(AddressState state, TcpLoadBalancingPolicy? kind) =>
        kind == TcpLoadBalancingPolicy.FirstAlphabetical ? Convert.ToHexString(state.Address.Address.GetAddressBytes()) : "";
}
