using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// The states of the addresses of a destination that is a name. An address that the newest answer does not contain keeps its state until
/// its last connection ends, so that its connections count if the address comes back. So there are never more states than addresses in the
/// newest answer and connections. Safe from any thread.
/// </summary>
/// <param name="destination">The destination.</param>
internal sealed class AddressStates(DestinationState destination)
{
    private readonly Lock _lock = new();
    private readonly Turns _turns = new(last: -1);
    private readonly HashSet<AddressState> _gone = [];
    private volatile AddressSet? _current;

    /// <summary>The number of states.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return (_current?.States.Length ?? 0) + _gone.Count;
            }
        }
    }

    /// <summary>The addresses of the newest answer.</summary>
    public IReadOnlyList<AddressState> Current => _current?.States ?? [];

    /// <summary>The addresses of an answer. As long as the answer stays the same, nothing is allocated.</summary>
    /// <param name="answer">The addresses of the name; not empty.</param>
    /// <param name="kind">How a dial chooses among the addresses; null: in the order of the answer.</param>
    public AddressSet Of(IPEndPoint[] answer, TcpLoadBalancingPolicy? kind) =>
        _current is { } current && current.IsOf(answer, kind) ? current : Follow(answer, kind);

    /// <summary>Forgets an address that is gone, if it has no connection any more.</summary>
    public void Forget(AddressState state)
    {
        lock (_lock)
        {
            if (state.Connections == 0)
            {
                _gone.Remove(state);
            }
        }
    }

    private AddressSet Follow(IPEndPoint[] answer, TcpLoadBalancingPolicy? kind)
    {
        lock (_lock)
        {
            var known = Current.Concat(_gone).ToDictionary(static state => state.Address);
            var states = Array.ConvertAll(
                answer,
                address => known.Remove(address, out var state) ? state : new AddressState(address, destination));
            foreach (var state in states)
            {
                state.IsGone = false;
            }

            _gone.Clear();
            foreach (var state in known.Values)
            {
                state.IsGone = true;
                // Whoever leaves after this barrier sees that the address is gone, and waits for the lock.
                Interlocked.MemoryBarrier();
                if (state.Connections > 0)
                {
                    _gone.Add(state);
                }
            }

            return _current = new AddressSet(answer, states, kind, _turns);
        }
    }
}
