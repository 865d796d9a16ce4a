using System.Net;
using Gateway.Tcp.Identification;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Requests may share a connection to a destination only if their keys are equal. The key holds everything that the destination learns from
/// the connection itself, so two clients never share a connection.
/// </summary>
internal readonly struct ClientKey : IEquatable<ClientKey>
{
    private readonly IPAddress _address;
    private readonly IPEndPoint? _destination;
    private readonly ReadOnlyMemory<byte> _tlvs;

    private ClientKey(IPAddress address, int port, IPEndPoint? destination, ReadOnlyMemory<byte> tlvs)
    {
        _address = address;
        Port = port;
        _destination = destination;
        _tlvs = tlvs;
    }

    /// <summary>The port of the client's connection; 0 if clients are told apart only by address.</summary>
    public int Port { get; }

    /// <summary>The key of a client whose destination sees only the address.</summary>
    public static ClientKey OfAddress(IPAddress address) => new(address, 0, null, default);

    /// <summary>The key of a client whose destination gets a PROXY header with everything in <paramref name="announced"/>.</summary>
    /// <param name="announced">Client and destination.</param>
    /// <param name="tlvs">The TLVs of which some are sent to the destination; empty if none are sent.</param>
    public static ClientKey OfHeader(ConnectionIdentity announced, ReadOnlyMemory<byte> tlvs) =>
        new(announced.Client.Address, announced.Client.Port, announced.OriginalDestination ?? announced.Local, tlvs);

    /// <inheritdoc/>
    public bool Equals(ClientKey other) =>
        Port == other.Port
        && _address.Equals(other._address)
        && (ReferenceEquals(_destination, other._destination) || _destination?.Equals(other._destination) == true)
        && _tlvs.Span.SequenceEqual(other._tlvs.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ClientKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_address, Port);
}
