using System.Buffers;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>All that a reader says of some bytes, comparable.</summary>
internal sealed record HelloResult(ClientHelloStatus Status, string? Error, string? ServerName, string Alpn, int Version)
{
    internal const int MaxBytes = 65536;

    internal static HelloResult Of(byte[] bytes, int maxBytes = MaxBytes) => Of(new ReadOnlySequence<byte>(bytes), maxBytes);

    internal static HelloResult Of(in ReadOnlySequence<byte> bytes, int maxBytes = MaxBytes)
    {
        var reader = new ClientHelloReader(maxBytes);
        return Of(reader, reader.Inspect(bytes));
    }

    /// <summary>The result of a reader that sees every length from nothing to all.</summary>
    internal static HelloResult ByteByByte(byte[] bytes, int maxBytes = MaxBytes)
    {
        var reader = new ClientHelloReader(maxBytes);
        var status = reader.Inspect(ReadOnlySequence<byte>.Empty);
        for (var length = 1; length <= bytes.Length; length++)
        {
            status = reader.Inspect(new ReadOnlySequence<byte>(bytes, 0, length));
        }

        return Of(reader, status);
    }

    internal static HelloResult Of(ClientHelloReader reader, ClientHelloStatus status) => new(
        status, reader.Error, reader.Hello?.ServerName, string.Join(',', reader.Hello?.Alpn ?? []), reader.Hello?.Version ?? 0);
}
