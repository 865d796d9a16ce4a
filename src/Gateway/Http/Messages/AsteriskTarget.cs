using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Http.Messages;

/// <summary>
/// <c>OPTIONS *</c> asks a server about itself, and stays what it is (RFC 9112, 3.2.4). The HTTP client knows no such target: it is given a
/// path that nobody outside this process can know, and its connection writes the asterisk in its place. HTTP/2 has no line to write it
/// into: there the target is <c>/</c>.
/// </summary>
/// <param name="connection">A destination's connection of HTTP/1.1, decrypted.</param>
internal sealed class AsteriskTarget(Stream connection) : CountingStream(connection)
{
    private static readonly string Path = $"/{Convert.ToHexString(RandomNumberGenerator.GetBytes(16))}";
    private static readonly byte[] Written = Encoding.ASCII.GetBytes($"OPTIONS {Path} ");

    /// <summary>What a client is given for the asterisk of a destination.</summary>
    public static Uri For(string destination) => new(new Uri(destination), Path);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Span.StartsWith(Written)
            ? WriteAsteriskAsync(buffer[Written.Length..], cancellationToken)
            : base.WriteAsync(buffer, cancellationToken);

    // A request's head is written as one.
    private async ValueTask WriteAsteriskAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellation)
    {
        var begin = "OPTIONS * "u8.ToArray();
        var head = ArrayPool<byte>.Shared.Rent(begin.Length + rest.Length);
        begin.CopyTo(head, 0);
        rest.CopyTo(head.AsMemory(begin.Length));
        await base.WriteAsync(head.AsMemory(0, begin.Length + rest.Length), cancellation);
        ArrayPool<byte>.Shared.Return(head);
    }
}
