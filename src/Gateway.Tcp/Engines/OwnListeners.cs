using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The addresses at which this process listens, Probes and Admin included. A connection of ours that has reached one of them would be
/// accepted, routed and dialed again, until descriptors run out; and whoever reaches a public listener would reach Admin. A file shows that
/// of literals only, so each address is asked about before it is dialed. A port that is none of ours is told by one look into a table. Safe
/// from any thread.
/// </summary>
public sealed class OwnListeners
{
    /// <summary>Why a connection to one of them was refused, in logs and metrics.</summary>
    public const string Reason = "self";

    // A question to the kernel costs some 6 µs, a twentieth of a connection. An address that moves here is noticed within this.
    private const long ForeignForMilliseconds = 100;

    // Destinations come from configuration and name servers: a bound against names that move all the time.
    private const int MostForeign = 1024;

    private readonly Lock _lock = new();
    private readonly List<Listener> _all = [];
    private readonly ConcurrentDictionary<IPAddress, long> _foreign = new();
    private volatile FrozenDictionary<int, Listener[]> _byPort = FrozenDictionary<int, Listener[]>.Empty;

    /// <summary>Adds a bound listener, before it accepts.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="bound">Its address, with the real port.</param>
    /// <param name="dualMode">Whether an IPv6 any-address takes IPv4, too.</param>
    /// <returns>Removes it, when it accepts no more.</returns>
    public IDisposable Add(string name, IPEndPoint bound, bool dualMode)
    {
        var listener = new Listener(this, name, bound, dualMode);
        lock (_lock)
        {
            _all.Add(listener);
            Publish();
        }

        return listener;
    }

    /// <summary>
    /// To be asked before a connection is opened: one that reached a listener of ours would be routed and dialed there in turn.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="socket">What is about to connect: its VRF counts.</param>
    /// <returns>Whether it is one of our listeners, and not to be connected to.</returns>
    internal bool Refuses(IPEndPoint destination, Socket socket) =>
        MayHold(destination.Port) && Find(destination, BoundDevice.Of(socket)) is not null;

    /// <summary>What the log says of a destination that was refused since it is one of our listeners.</summary>
    /// <param name="destination">Its address.</param>
    public string Describe(IPEndPoint destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return $"reason={Reason}: {destination} is our own listener {Find(destination, device: 0)}";
    }

    /// <summary>Whether any listener has this port; if not, there is nothing to <see cref="Find"/>.</summary>
    internal bool MayHold(int port) => _byPort.ContainsKey(port);

    /// <summary>
    /// The name of the listener that a connection to this address has reached; null: none, or it cannot be told for want of descriptors.
    /// </summary>
    /// <param name="remote">The other end.</param>
    /// <param name="device">The VRF of the connection; 0: none.</param>
    internal string? Find(IPEndPoint remote, int device)
    {
        if (!_byPort.TryGetValue(remote.Port, out var listeners))
        {
            return null;
        }

        var address = Destination(remote.Address);
        var reached = Array.Find(listeners, listener => listener.Address.Equals(address))
            ?? Array.Find(listeners, listener => listener.Covers(address));
        return reached is not null && (reached.Address.Equals(address) || IsOwn(address, device)) ? reached.Name : null;
    }

    private bool IsOwn(IPAddress address, int device)
    {
        var now = Environment.TickCount64;
        if (device == 0 && _foreign.TryGetValue(address, out var asked) && now - asked < ForeignForMilliseconds)
        {
            return false;
        }

        if (OwnAddress.Contains(address, device) == true)
        {
            return true;
        }

        if (device == 0)
        {
            if (_foreign.Count >= MostForeign)
            {
                _foreign.Clear();
            }

            _foreign[address] = now;
        }

        return false;
    }

    // Connecting to 0.0.0.0 or [::] goes to loopback.
    private static IPAddress Destination(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
    }

    private void Remove(Listener listener)
    {
        lock (_lock)
        {
            _all.Remove(listener);
            Publish();
        }
    }

    private void Publish() => _byPort = _all.GroupBy(static listener => listener.Port)
        .ToFrozenDictionary(static port => port.Key, static port => port.ToArray());

    private sealed class Listener(OwnListeners owner, string name, IPEndPoint bound, bool dualMode) : IDisposable
    {
        public string Name => name;

        public IPAddress Address => bound.Address;

        public int Port => bound.Port;

        /// <summary>Whether it takes connections to any address of this host that has the family.</summary>
        public bool Covers(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
            ? Address.Equals(IPAddress.Any) || (dualMode && Address.Equals(IPAddress.IPv6Any))
            : Address.Equals(IPAddress.IPv6Any);

        public void Dispose() => owner.Remove(this);
    }
}
