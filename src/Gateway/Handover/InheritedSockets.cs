using Gateway.Configuration;
using Gateway.Linux;
using Gateway.Listeners;

namespace Gateway.Handover;

/// <summary>
/// Listening sockets that other processes gave to this process: the gateway that ran before (<see cref="Predecessor"/>), or systemd
/// (<see cref="SystemdSockets"/>). The listeners of the first configuration take those with their addresses; the others are closed.
/// </summary>
internal sealed partial class InheritedSockets(ILogger<InheritedSockets> logger) : IDisposable
{
    private readonly List<ListeningDescriptor> _sockets = [];
    private readonly HashSet<ListeningDescriptor> _taken = [];

    /// <summary>Adds sockets, which belong to this object from now on.</summary>
    public void Add(IEnumerable<ListeningDescriptor> sockets) => _sockets.AddRange(sockets);

    /// <summary>The sockets that listen on an address; null: there are none. This object keeps them.</summary>
    public IReadOnlyList<ListeningDescriptor>? Find(ListenerPlan plan)
    {
        var found = _sockets.FindAll(socket => IsOf(plan.Address, socket));
        _taken.UnionWith(found);
        return found.Count > 0 ? found : null;
    }

    /// <summary>Closes this object's descriptors, after the listeners have taken theirs. Tells of sockets that no listener took.</summary>
    public void Release()
    {
        foreach (var unused in _sockets.Where(socket => !_taken.Contains(socket)).Select(static socket => socket.LocalEndPoint).Distinct())
        {
            Log.Unused(logger, unused);
        }

        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        _sockets.Clear();
        _taken.Clear();
    }

    private static bool IsOf(ListenAddress address, ListeningDescriptor socket) =>
        address.EndPoint.Equals(socket.LocalEndPoint) && address.DualMode == socket.DualMode;

    private static partial class Log
    {
        [LoggerMessage(
            1040,
            LogLevel.Warning,
            "A listening socket on {Address} was given to this process, and no listener of the configuration has this address: it is closed"
        )]
        public static partial void Unused(ILogger logger, System.Net.IPEndPoint address);
    }
}
