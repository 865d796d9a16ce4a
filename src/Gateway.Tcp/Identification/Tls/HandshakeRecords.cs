using System.Buffers;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// Follows the first handshake message of a client through the TLS records that carry it (RFC 8446, sections 4 and 5.1). A client may cut the
/// message anywhere, also within its own header of four bytes. Empty records are forbidden to clients; they are taken nevertheless, because
/// OpenSSL takes them (up to 32 in a row), and the backend is to judge them: here they only use the limit up.
/// </summary>
internal sealed class HandshakeRecords(int maxBytes)
{
    /// <summary>Type and length of a handshake message.</summary>
    public const int MessageHeaderLength = 4;

    private const int HeaderLength = 5;
    private const int MaxLength = 1 << 14;
    private const byte HandshakeType = 22;
    private const byte MajorVersion = 3;
    private const byte MaxMinorVersion = 4;
    private const byte ClientHelloType = 1;

    // Everything before this offset is known; of the record and of the message so much is left behind it.
    private long _position;
    private int _recordLeft;
    private int _messageLeft = MessageHeaderLength;
    private int _headerBytes;
    private int _records;

    /// <summary>Length of the message with its header, once the message is complete.</summary>
    public int MessageLength { get; private set; }

    /// <summary>What was wrong, in a word for logs; null unless the records are broken.</summary>
    public string? Error { get; private set; }

    /// <summary>Goes on to the end of the message, or of what has come.</summary>
    public ClientHelloStatus Follow(in ReadOnlySequence<byte> received)
    {
        // Where the last call stopped; counted from there, so that a call walks over segments once.
        var rest = received.Slice(_position);
        while (true)
        {
            ClientHelloStatus status;
            if (_headerBytes == MessageHeaderLength && _messageLeft <= _recordLeft)
            {
                return rest.Length < _messageLeft ? ClientHelloStatus.More : ClientHelloStatus.Complete;
            }
            else if (_recordLeft == 0)
            {
                status = ReadRecordHeader(ref rest);
            }
            else if (_headerBytes < MessageHeaderLength)
            {
                status = ReadMessageHeader(ref rest);
            }
            else
            {
                status = SkipRecord(ref rest);
            }

            if (status != ClientHelloStatus.Complete)
            {
                return status;
            }
        }
    }

    /// <summary>The message with its header, if it lies in one record and one segment.</summary>
    public bool TryGetInPlace(in ReadOnlySequence<byte> received, out ReadOnlySpan<byte> message)
    {
        var first = received.FirstSpan;
        var isInPlace = _records == 1 && first.Length >= HeaderLength + MessageLength;
        message = isInPlace ? first.Slice(HeaderLength, MessageLength) : default;
        return isInPlace;
    }

    /// <summary>Copies the message with its header out of records that have been followed to its end.</summary>
    public static void Copy(in ReadOnlySequence<byte> received, Span<byte> message)
    {
        var reader = new SequenceReader<byte>(received);
        while (!message.IsEmpty)
        {
            reader.Advance(HeaderLength - sizeof(short));
            reader.TryReadBigEndian(out short length);
            var part = message[..Math.Min(length, message.Length)];
            reader.TryCopyTo(part);
            reader.Advance(part.Length);
            message = message[part.Length..];
        }
    }

    private ClientHelloStatus ReadRecordHeader(ref ReadOnlySequence<byte> rest)
    {
        // The first bytes are judged as they come: a client that speaks something else is not waited for.
        Span<byte> header = stackalloc byte[HeaderLength];
        header = header[..(int)Math.Min(rest.Length, HeaderLength)];
        rest.Slice(0, header.Length).CopyTo(header);
        if (header is [not HandshakeType, ..])
        {
            return _records == 0 ? ClientHelloStatus.NotTls : Broken("record_type");
        }

        if (header is [_, not MajorVersion, ..])
        {
            return _records == 0 ? ClientHelloStatus.NotTls : Broken("record_version");
        }

        if (header is [_, _, > MaxMinorVersion, ..])
        {
            return Broken("record_version");
        }

        if (header.Length < HeaderLength)
        {
            return ClientHelloStatus.More;
        }

        var length = (header[3] << 8) | header[4];
        if (length > MaxLength)
        {
            return Broken("record_length");
        }

        _records++;
        Advance(ref rest, HeaderLength);
        _recordLeft = length;
        return CheckLength();
    }

    private ClientHelloStatus ReadMessageHeader(ref ReadOnlySequence<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return ClientHelloStatus.More;
        }

        var value = rest.FirstSpan[0];
        if (_headerBytes == 0 && value != ClientHelloType)
        {
            return Broken("not_client_hello");
        }

        // Behind the type come three bytes of length.
        MessageLength = _headerBytes == 0 ? 0 : (MessageLength << 8) | value;
        Advance(ref rest, 1);
        _recordLeft--;
        _headerBytes++;
        _messageLeft--;
        if (_headerBytes == MessageHeaderLength)
        {
            _messageLeft = MessageLength;
            MessageLength += MessageHeaderLength;
        }

        return CheckLength();
    }

    private ClientHelloStatus SkipRecord(ref ReadOnlySequence<byte> rest)
    {
        if (rest.Length < _recordLeft)
        {
            return ClientHelloStatus.More;
        }

        _messageLeft -= _recordLeft;
        Advance(ref rest, _recordLeft);
        _recordLeft = 0;
        return ClientHelloStatus.Complete;
    }

    // Complete: the step is done and the message may still end within the limit, if all further records are as long as records can be.
    private ClientHelloStatus CheckLength()
    {
        var further = Math.Max(0, _messageLeft - _recordLeft);
        var headers = (further + MaxLength - 1) / MaxLength * HeaderLength;
        return _position + _messageLeft + headers > maxBytes ? ClientHelloStatus.TooLong : ClientHelloStatus.Complete;
    }

    private void Advance(ref ReadOnlySequence<byte> rest, int count)
    {
        rest = rest.Slice(count);
        _position += count;
    }

    private ClientHelloStatus Broken(string error)
    {
        Error = error;
        return ClientHelloStatus.Broken;
    }
}
