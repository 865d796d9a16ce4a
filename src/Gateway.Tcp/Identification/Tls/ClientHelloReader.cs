using System.Buffers;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// Reads the ClientHello at the beginning of a connection, without I/O. Each call continues where the last call stopped, so that a client
/// that sends byte by byte costs no more than its bytes. No bytes are kept between calls: until the ClientHello is complete, only its
/// records are counted, so that thousands of clients that stop in the middle hold no buffer here.
/// </summary>
/// <param name="maxBytes">The most bytes up to the end of the ClientHello, record headers included.</param>
internal sealed class ClientHelloReader(int maxBytes)
{
    private readonly HandshakeRecords _records = new(maxBytes);
    private ClientHelloStatus _status;

    /// <summary>The content of the ClientHello; null unless the ClientHello is complete.</summary>
    public ClientHello? Hello { get; private set; }

    /// <summary>What was wrong, as one word for logs; null unless the ClientHello is malformed.</summary>
    public string? Error { get; private set; }

    /// <summary>Looks at the bytes that have come. A status other than More is final.</summary>
    /// <param name="received">
    /// All bytes from the first byte of the ClientHello on: those of the last call, and those that have come since.
    /// </param>
    public ClientHelloStatus Inspect(in ReadOnlySequence<byte> received)
    {
        if (_status == ClientHelloStatus.More)
        {
            _status = _records.Follow(received);
            if (_status == ClientHelloStatus.Complete)
            {
                Parse(received);
            }

            Error ??= _records.Error;
        }

        return _status;
    }

    private void Parse(in ReadOnlySequence<byte> received)
    {
        if (_records.TryGetInPlace(received, out var message))
        {
            Parse(message);
            return;
        }

        var length = _records.MessageLength;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        HandshakeRecords.Copy(received, buffer.AsSpan(0, length));
        Parse(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Parse(ReadOnlySpan<byte> message)
    {
        Hello = ClientHelloParser.Parse(message[HandshakeRecords.MessageHeaderLength..], out var error);
        Error = error;
        if (Hello is null)
        {
            _status = ClientHelloStatus.Broken;
        }
    }
}
