using System.Buffers.Binary;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>Reads the presentation language of TLS (RFC 8446, section 3): big-endian numbers, and vectors with a length in front.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether all bytes have been read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Reads a number of one byte.</summary>
    public bool TryReadByte(out byte value)
    {
        value = _rest.IsEmpty ? default : _rest[0];
        return TryRead(sizeof(byte), out _);
    }

    /// <summary>Reads a number of two bytes.</summary>
    public bool TryReadUInt16(out ushort value)
    {
        BinaryPrimitives.TryReadUInt16BigEndian(_rest, out value);
        return TryRead(sizeof(ushort), out _);
    }

    /// <summary>Reads a vector with one byte of length in front.</summary>
    public bool TryReadVector8(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryReadByte(out var length) && TryRead(length, out vector);
    }

    /// <summary>Reads a vector with two bytes of length in front.</summary>
    public bool TryReadVector16(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryReadUInt16(out var length) && TryRead(length, out vector);
    }

    /// <summary>Reads the given number of bytes.</summary>
    public bool TryRead(int length, out ReadOnlySpan<byte> bytes)
    {
        if (_rest.Length < length)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }
}
