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
    private readonly Dictionary<IPEndPoint, AddressState> _known = [];
    private volatile AddressSet? _current;
    private int _answers;

    /// <summary>A dial has another answer than the dials before. Called on the thread of the dial, outside of the lock.</summary>
    public event Action? Changed;

    /// <summary>The number of states.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _known.Count;
            }
        }
    }

    /// <summary>The addresses of the newest answer.</summary>
    public IReadOnlyList<AddressState> Current => _current?.States ?? [];

    /// <summary>
    /// The addresses of an answer. As long as the answer stays the same, nothing is allocated. A change makes states for new addresses
    /// alone.
    /// </summary>
    /// <param name="answer">The addresses of the name.</param>
    /// <param name="kind">How a dial chooses among the addresses; null: in the order of the answer.</param>
    /// <param name="isByClient">Whether all connections of a client go to the same address.</param>
    public AddressSet Of(IPEndPoint[] answer, TcpLoadBalancingPolicy? kind, bool isByClient = false) =>
        _current is { } current && current.IsOf(answer, kind, isByClient) ? current : Follow(answer, kind, isByClient);

    /// <summary>Forgets an address that is gone, if it has no connection any more.</summary>
    public void Forget(AddressState state)
    {
        lock (_lock)
        {
            if (state is { IsGone: true, Connections: 0 } && _known.GetValueOrDefault(state.Address) == state)
            {
                _known.Remove(state.Address);
            }
        }
    }

    private AddressSet Follow(IPEndPoint[] answer, TcpLoadBalancingPolicy? kind, bool isByClient)
    {
        AddressSet followed;
        lock (_lock)
        {
            var number = ++_answers;
            var states = Array.ConvertAll(answer, address => StateOf(address, number));
            foreach (var state in Current)
            {
                if (state.Answer == number)
                {
                    continue;
                }

                state.IsGone = true;
                // Whoever leaves after this barrier sees that the address is gone, and waits for the lock.
                Interlocked.MemoryBarrier();
                if (state.Connections == 0)
                {
                    _known.Remove(state.Address);
                }
            }

            _current = followed = new AddressSet(answer, states, kind, _turns, isByClient);
        }

        Changed?.Invoke();
        return followed;
    }

    private AddressState StateOf(IPEndPoint address, int answer)
    {
        if (!_known.TryGetValue(address, out var state))
        {
            _known.Add(address, state = new AddressState(address, destination));
        }

        (state.IsGone, state.Answer) = (false, answer);
        return state;
    }
}
