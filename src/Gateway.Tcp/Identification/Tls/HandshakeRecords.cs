using System.Buffers;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// Follows the first handshake message of a client through the TLS records that carry the message (RFC 8446, sections 4 and 5.1). A client
/// may split the message anywhere, even within the message's own header of four bytes.
/// </summary>
internal sealed class HandshakeRecords(int maxBytes)
{
    /// <summary>The length of a message's header: one byte of type and three bytes of length.</summary>
    public const int MessageHeaderLength = 4;

    private const byte ClientHelloType = 1;

    // All bytes before _position have been read. The record has _recordLeft more bytes, and the message has _messageLeft more bytes.
    private long _position;
    private int _recordLeft;
    private int _messageLeft = MessageHeaderLength;
    private int _headerBytes;
    private int _records;

    /// <summary>The length of the message with its header, once the message is complete.</summary>
    public int MessageLength { get; private set; }

    /// <summary>What was wrong, as one word for logs; null unless the records are malformed.</summary>
    public string? Error { get; private set; }

    /// <summary>Reads on to the end of the message, or to the end of the bytes that have come.</summary>
    public ClientHelloStatus Follow(in ReadOnlySequence<byte> received)
    {
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

    /// <summary>Returns the message with its header without a copy, if the message lies in one record and one segment.</summary>
    public bool TryGetInPlace(in ReadOnlySequence<byte> received, out ReadOnlySpan<byte> message)
    {
        var first = received.FirstSpan;
        var isInPlace = _records == 1 && first.Length >= RecordHeader.Length + MessageLength;
        message = isInPlace ? first.Slice(RecordHeader.Length, MessageLength) : default;
        return isInPlace;
    }

    /// <summary>
    /// Copies the message with its header out of the records. The records must have been followed to the end of the message.
    /// </summary>
    public static void Copy(in ReadOnlySequence<byte> received, Span<byte> message)
    {
        var reader = new SequenceReader<byte>(received);
        while (!message.IsEmpty)
        {
            reader.Advance(RecordHeader.Length - sizeof(short));
            reader.TryReadBigEndian(out short length);
            var part = message[..Math.Min(length, message.Length)];
            reader.TryCopyTo(part);
            reader.Advance(part.Length);
            message = message[part.Length..];
        }
    }

    private ClientHelloStatus ReadRecordHeader(ref ReadOnlySequence<byte> rest)
    {
        Span<byte> header = stackalloc byte[RecordHeader.Length];
        header = header[..(int)Math.Min(rest.Length, RecordHeader.Length)];
        rest.Slice(0, header.Length).CopyTo(header);
        var status = RecordHeader.Read(header, isFirst: _records == 0, out var bodyLength, out var error);
        Error = error;
        if (status != ClientHelloStatus.Complete)
        {
            return status;
        }

        _records++;
        Advance(ref rest, RecordHeader.Length);
        _recordLeft = bodyLength;
        return CheckLength();
    }

    private ClientHelloStatus ReadMessageHeader(ref ReadOnlySequence<byte> rest)
    {
        if (!new SequenceReader<byte>(rest).TryPeek(out var value))
        {
            return ClientHelloStatus.More;
        }

        if (_headerBytes == 0 && value != ClientHelloType)
        {
            Error = "not_client_hello";
            return ClientHelloStatus.Broken;
        }

        // Three bytes of length follow the type.
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

    // Complete: the step is done, and the message can still end within the limit if all further records have the maximum length.
    private ClientHelloStatus CheckLength()
    {
        var further = Math.Max(0, _messageLeft - _recordLeft);
        var headers = (further + RecordHeader.MaxBodyLength - 1) / RecordHeader.MaxBodyLength * RecordHeader.Length;
        return _position + _messageLeft + headers > maxBytes ? ClientHelloStatus.TooLong : ClientHelloStatus.Complete;
    }

    private void Advance(ref ReadOnlySequence<byte> rest, int count)
    {
        rest = rest.Slice(count);
        _position += count;
    }
}
