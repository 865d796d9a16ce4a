using System.Net;
using Gateway.Tcp.Identification;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// What requests must have in common to share a connection to a destination: everything that the destination learns from the connection
/// itself. So no two clients ever share one.
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

    /// <summary>The port of the client's connection; 0 if clients are told apart by address alone.</summary>
    public int Port { get; }

    /// <summary>A client of whom the destination sees the address alone.</summary>
    public static ClientKey OfAddress(IPAddress address) => new(address, 0, null, default);

    /// <summary>A client of whom a header says all that <paramref name="announced"/> has.</summary>
    /// <param name="announced">Client and destination.</param>
    /// <param name="tlvs">The TLVs of which some are told; none if none are.</param>
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
