using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Testing.Network;

namespace Gateway.Testing.Wire;

/// <summary>
/// A PROXY protocol header as a backend of a test reads and a client of a test writes it: written down from the specification on its own, so that
/// a fault of the gateway's codec cannot hide behind itself.
/// </summary>
public sealed record WireHeader
{
    private static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }

    /// <summary>LOCAL or UNKNOWN: no address is claimed.</summary>
    public bool Local { get; init; }

    /// <summary>The source that it claims.</summary>
    public IPEndPoint? Source { get; init; }

    /// <summary>The destination that it claims.</summary>
    public IPEndPoint? Destination { get; init; }

    /// <summary>Version 2: type and value of each TLV, in order.</summary>
    public IReadOnlyList<(byte Type, byte[] Value)> Tlvs { get; init; } = [];

    /// <summary>The whole header as it came.</summary>
    public byte[] Raw { get; init; } = [];

    /// <summary>The value of a TLV, or null.</summary>
    public byte[]? Tlv(byte type) => Tlvs.Where(t => t.Type == type).Select(t => t.Value).FirstOrDefault();

    /// <summary>Reads a header to the byte: what follows stays in <paramref name="peer"/>.</summary>
    public static async Task<WireHeader> ReadAsync(TcpPeer peer)
    {
        var first = await peer.ReadExactlyAsync(1).ConfigureAwait(false);
        if (first[0] == 'P')
        {
            return ParseLine("P" + await peer.ReadLineAsync().ConfigureAwait(false));
        }

        var rest = await peer.ReadExactlyAsync(15).ConfigureAwait(false);
        byte[] head = [.. first, .. rest];
        if (!head.AsSpan(0, 12).SequenceEqual(Signature))
        {
            throw new FormatException($"No PROXY header: {Encoding.Latin1.GetString(head)}");
        }

        return ParseBinary([.. head, .. await peer.ReadExactlyAsync(BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(14))).ConfigureAwait(false)]);
    }

    /// <summary>A version 1 line.</summary>
    public static byte[] V1(string source, string destination)
    {
        var (s, d) = (IPEndPoint.Parse(source), IPEndPoint.Parse(destination));
        var family = s.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        return Encoding.ASCII.GetBytes($"PROXY {family} {s.Address} {d.Address} {s.Port} {d.Port}\r\n");
    }

    /// <summary>A version 2 PROXY header over TCP.</summary>
    public static byte[] V2(string source, string destination, params (byte Type, byte[] Value)[] tlvs)
    {
        var (s, d) = (IPEndPoint.Parse(source), IPEndPoint.Parse(destination));
        byte[] ports = [(byte)(s.Port >> 8), (byte)s.Port, (byte)(d.Port >> 8), (byte)d.Port];
        byte[] body = [.. s.Address.GetAddressBytes(), .. d.Address.GetAddressBytes(), .. ports, .. tlvs.SelectMany(Encode)];
        return [.. Signature, 0x21, (byte)(body.Length < 36 || s.Address.GetAddressBytes().Length == 4 ? 0x11 : 0x21), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    /// <summary>A version 2 LOCAL header without addresses.</summary>
    public static byte[] V2Local(params (byte Type, byte[] Value)[] tlvs)
    {
        byte[] body = [.. tlvs.SelectMany(Encode)];
        return [.. Signature, 0x20, 0x00, (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    /// <summary>Fills in the CRC32C TLV (type 3, four zero bytes) of a header.</summary>
    public static byte[] WithChecksum(byte[] header)
    {
        byte[] copy = [.. header];
        var addresses = copy[13] >> 4 == 1 ? 12 : copy[13] >> 4 == 2 ? 36 : 0;
        for (var at = 16 + addresses; at + 3 <= copy.Length; at += 3 + BinaryPrimitives.ReadUInt16BigEndian(copy.AsSpan(at + 1)))
        {
            if (copy[at] == 3)
            {
                BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(at + 3), Crc32C(copy));
            }
        }

        return copy;
    }

    /// <summary>Whether the checksum TLV fits the header; false if it has none.</summary>
    public bool ChecksumIsRight()
    {
        if (Tlv(3) is not { Length: 4 } sent)
        {
            return false;
        }

        byte[] zeroed = [.. Raw];
        var at = 16 + (Source is null ? 0 : Source.Address.GetAddressBytes().Length == 4 ? 12 : 36);
        while (zeroed[at] != 3)
        {
            at += 3 + BinaryPrimitives.ReadUInt16BigEndian(zeroed.AsSpan(at + 1));
        }

        zeroed.AsSpan(at + 3, 4).Clear();
        return BinaryPrimitives.ReadUInt32BigEndian(sent) == Crc32C(zeroed);
    }

    private static IEnumerable<byte> Encode((byte Type, byte[] Value) tlv) => [tlv.Type, (byte)(tlv.Value.Length >> 8), (byte)tlv.Value.Length, .. tlv.Value];

    private static WireHeader ParseLine(string line)
    {
        var parts = line.Split(' ');
        if (parts[0] != "PROXY")
        {
            throw new FormatException($"No PROXY header: {line}");
        }

        var raw = Encoding.ASCII.GetBytes(line + "\r\n");
        return parts[1] == "UNKNOWN"
            ? new WireHeader { Version = 1, Local = true, Raw = raw }
            : new WireHeader { Version = 1, Source = EndPoint(parts[2], parts[4]), Destination = EndPoint(parts[3], parts[5]), Raw = raw };
    }

    private static WireHeader ParseBinary(byte[] raw)
    {
        var size = (raw[13] >> 4) switch { 1 => 4, 2 => 16, _ => 0 };
        var at = 16 + (size == 0 ? 0 : (2 * size) + 4);
        var tlvs = new List<(byte, byte[])>();
        for (var t = at; t < raw.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(raw.AsSpan(t + 1));
            tlvs.Add((raw[t], raw[(t + 3)..(t + 3 + length)]));
            t += 3 + length;
        }

        IPEndPoint? Address(int offset, int port) => size == 0
            ? null
            : new IPEndPoint(new IPAddress(raw.AsSpan(16 + offset, size)), BinaryPrimitives.ReadUInt16BigEndian(raw.AsSpan(16 + (2 * size) + port)));

        return new WireHeader
        {
            Version = 2,
            Local = (raw[12] & 0xF) == 0,
            Source = Address(0, 0),
            Destination = Address(size, 2),
            Tlvs = tlvs,
            Raw = raw,
        };
    }

    private static IPEndPoint EndPoint(string address, string port) => new(IPAddress.Parse(address), int.Parse(port, CultureInfo.InvariantCulture));

    // Bit by bit, as in the definition (reflected polynomial 0x82F63B78).
    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0x82F63B78 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
