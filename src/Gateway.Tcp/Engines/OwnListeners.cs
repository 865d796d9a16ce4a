using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The addresses at which this process listens, Probes and Admin included. The gateway must not dial them, for two reasons:
/// 1. The connection would be accepted, routed and dialed again, until descriptors run out.
/// 2. A client that reaches a public listener would reach Admin.
/// The configuration file shows this only for literal addresses, so each address is checked before it is dialed. If no listener has the
/// port, the check is one look into a table. Safe from any thread.
/// </summary>
public sealed class OwnListeners
{
    /// <summary>The reason in logs and metrics, if a connection to an own listener was refused.</summary>
    public static string Reason => CloseReason.Self.Label();

    // The answer "not an address of this host" is cached for this long, because a question to the kernel costs some 6 µs, a twentieth of a
    // connection. An address that moves to this host is noticed after this time.
    private const long ForeignForMilliseconds = 100;

    // Destinations come from configuration and name servers. The bound is there because names may get new addresses all the time.
    private const int MostForeign = 1024;

    private readonly Lock _lock = new();
    private readonly List<Listener> _all = [];
    private readonly ConcurrentDictionary<IPAddress, long> _foreign = new();
    private volatile FrozenDictionary<int, Listener[]> _byPort = FrozenDictionary<int, Listener[]>.Empty;

    /// <summary>Adds a bound listener, before it accepts.</summary>
    /// <param name="name">The name of the listener, for messages.</param>
    /// <param name="bound">The address of the listener, with the real port.</param>
    /// <param name="dualMode">Whether the IPv6 any-address takes IPv4, too.</param>
    /// <returns>Dispose it to remove the listener when it accepts no more.</returns>
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
    /// Whether a connection must not be opened, because it would reach a listener of this process, which would route and dial it again.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="socket">The socket that is about to connect. Its VRF decides which addresses are this host's.</param>
    /// <returns>Whether the destination is one of our listeners.</returns>
    internal bool Refuses(IPEndPoint destination, Socket socket) =>
        MayHold(destination.Port) && Find(destination, BoundDevice.Of(socket)) is not null;

    /// <summary>The log text for a destination that was refused because it is one of our listeners.</summary>
    /// <param name="destination">The address of the destination.</param>
    public string Describe(IPEndPoint destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return $"reason={Reason}: {destination} is our own listener {Find(destination, device: 0)}";
    }

    /// <summary>Whether any listener has this port; if not, there is nothing to <see cref="Find"/>.</summary>
    internal bool MayHold(int port) => _byPort.ContainsKey(port);

    /// <summary>
    /// The name of the listener that a connection to this address reaches. Null: there is none, or the kernel could not be asked because no
    /// descriptor is left.
    /// </summary>
    /// <param name="remote">The address of the destination.</param>
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

        /// <summary>Whether the listener takes connections to every address of this host that has the family of the address.</summary>
        public bool Covers(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
            ? Address.Equals(IPAddress.Any) || (dualMode && Address.Equals(IPAddress.IPv6Any))
            : Address.Equals(IPAddress.IPv6Any);

        public void Dispose() => owner.Remove(this);
    }
}
