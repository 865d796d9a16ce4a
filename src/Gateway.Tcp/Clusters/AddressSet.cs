using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>The addresses of a name according to one answer, and how a dial chooses among them. Immutable.</summary>
internal sealed class AddressSet
{
    private readonly IPEndPoint[] _answer;
    private readonly TcpLoadBalancingPolicy? _kind;

    /// <summary>Makes a set.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="states">The states of its addresses, in the same order.</param>
    /// <param name="kind">How a dial chooses; null: in the order of the answer.</param>
    /// <param name="turns">Counts the turns of policies that take turns.</param>
    public AddressSet(IPEndPoint[] answer, AddressState[] states, TcpLoadBalancingPolicy? kind, Turns turns)
    {
        (_answer, States, _kind) = (answer, states, kind);
        // Text of the same length sorts like the bytes.
        Policy = BalancingPolicy.Create(
            kind,
            [.. states.Select(static (state, i) => new Share(i, Convert.ToHexString(state.Address.Address.GetAddressBytes()), 1, state))],
            turns,
            Random.Shared);
    }

    /// <summary>The states of the addresses, in the order of the answer.</summary>
    public AddressState[] States { get; }

    /// <summary>Chooses among the addresses by their number in <see cref="States"/>.</summary>
    public BalancingPolicy Policy { get; }

    /// <summary>Whether this is the set for an answer.</summary>
    public bool IsOf(IPEndPoint[] answer, TcpLoadBalancingPolicy? kind) => kind == _kind && _answer.AsSpan().SequenceEqual(answer);
}
