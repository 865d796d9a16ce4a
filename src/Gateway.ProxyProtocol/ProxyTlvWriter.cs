using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Writes single TLVs, to build the TLV area for
/// <see cref="ProxyHeaderWriter.WriteV2(Span{byte}, ProxyCommand, ProxyEndPoint, ProxyEndPoint, ReadOnlySpan{byte}, bool)"/>.
/// </summary>
public static class ProxyTlvWriter
{
    /// <summary>Writes one TLV.</summary>
    /// <param name="destination">At least 3 bytes longer than the value.</param>
    /// <param name="type">The type.</param>
    /// <param name="value">The value, at most 65535 bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The value is too long, or the destination too short.</exception>
    public static int Write(Span<byte> destination, ProxyTlvType type, ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue)
        {
            throw new ArgumentException("A TLV's value has at most 65535 bytes.", nameof(value));
        }

        var length = ProxyTlv.PrefixLength + value.Length;
        if (destination.Length < length)
        {
            throw new ArgumentException("The destination is shorter than the TLV.", nameof(destination));
        }

        destination[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)value.Length);
        value.CopyTo(destination[ProxyTlv.PrefixLength..]);
        return length;
    }
}
