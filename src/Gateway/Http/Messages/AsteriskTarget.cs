using System.Buffers;
using System.Text;

namespace Gateway.Http.Messages;

/// <summary>
/// Passes <c>OPTIONS *</c>, which asks a server about itself, on unchanged (RFC 9112, 3.2.4). .NET's HTTP client does not support this
/// target. So it gets a random path that nobody outside this process knows, and this stream writes the asterisk instead of the path. HTTP/2
/// has no request line to rewrite: there the target is <c>/</c>.
/// </summary>
/// <param name="connection">A destination's HTTP/1.1 connection, after TLS decryption.</param>
internal sealed class AsteriskTarget(Stream connection) : CountingStream(connection)
{
    // A Guid's random bytes come from the kernel; RandomNumberGenerator would load the library of cryptography.
    private static readonly string Path = $"/{Guid.NewGuid():N}";
    private static readonly byte[] Written = Encoding.ASCII.GetBytes($"OPTIONS {Path} ");

    /// <summary>The URI that the HTTP client gets instead of the asterisk.</summary>
    public static Uri For(string destination) => new(new Uri(destination), Path);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Span.StartsWith(Written)
            ? WriteAsteriskAsync(buffer[Written.Length..], cancellationToken)
            : base.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Inner.ReadAsync(buffer, cancellationToken);

    // One write, so that a request's head is not split.
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
