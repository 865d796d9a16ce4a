using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Configuration;

/// <summary>
/// The address of a listener: <c>ip:port</c>, <c>[v6]:port</c> (IPv6 only) or <c>*:port</c> (dual stack; IPv4 where IPv6 is off).
/// </summary>
/// <param name="EndPoint">Address and port to bind. Port 0: the kernel chooses one.</param>
/// <param name="DualMode">Whether an IPv6 socket also takes IPv4.</param>
internal sealed record ListenAddress(IPEndPoint EndPoint, bool DualMode)
{
    /// <summary>
    /// Whether the address was written as <c>*:port</c>. That means both families even where IPv6 is off, because the meaning of a file
    /// must not depend on the machine.
    /// </summary>
    public bool IsBothFamilies { get; private init; }

    /// <summary>The form of an address, for messages.</summary>
    public const string Rule = "an address is ip:port, [v6]:port (IPv6 only) or *:port (both)";

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !TryParsePort(text.AsSpan(colon + 1), out var port))
        {
            return false;
        }

        var host = text!.AsSpan(0, colon);
        if (host is "*")
        {
            address = Socket.OSSupportsIPv6
                ? new ListenAddress(new IPEndPoint(IPAddress.IPv6Any, port), DualMode: true) { IsBothFamilies = true }
                : new ListenAddress(new IPEndPoint(IPAddress.Any, port), DualMode: false) { IsBothFamilies = true };
            return true;
        }

        if (StrictAddress.TryParseHost(host, out var ip))
        {
            address = new ListenAddress(new IPEndPoint(ip, port), DualMode: false);
        }

        return address is not null;
    }

    /// <summary>Reads an address that has passed validation.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no address, which is a bug in the caller.</exception>
    public static ListenAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"\"{text}\": {Rule}");

    /// <summary>Reads a port: digits without a sign or leading zeros, 0 to 65535.</summary>
    /// <param name="text">The text.</param>
    /// <param name="port">The port.</param>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port <= IPEndPoint.MaxPort
        && (text.Length == 1 || text[0] != '0');

    /// <summary>Whether two addresses cannot be bound at once, because their ports are equal and one address covers the other.</summary>
    /// <param name="other">The other address.</param>
    public bool Overlaps(ListenAddress other) =>
        EndPoint.Port == other.EndPoint.Port && EndPoint.Port != 0
        && (EndPoint.Address.Equals(other.EndPoint.Address) || Covers(other.EndPoint.Address) || other.Covers(EndPoint.Address));

    /// <summary>Whether a connection to an address of this machine would arrive at this listener.</summary>
    /// <param name="address">The address.</param>
    public bool Covers(IPAddress address) =>
        EndPoint.Address.Equals(address)
        || (IsAny(EndPoint.Address) && (IsBothFamilies || EndPoint.AddressFamily == address.AddressFamily));

    /// <summary>Whether an address means "all addresses of this machine".</summary>
    /// <param name="address">The address.</param>
    public static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <inheritdoc/>
    public override string ToString() => IsBothFamilies ? $"*:{EndPoint.Port.ToString(CultureInfo.InvariantCulture)}" : EndPoint.ToString();
}
