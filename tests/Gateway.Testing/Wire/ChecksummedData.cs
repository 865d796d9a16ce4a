using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Testing.Network;

namespace Gateway.Testing.Wire;

/// <summary>A stream of bytes that depends on a seed and on the position, so that a lost, doubled or swapped byte changes its SHA-256.</summary>
public static class ChecksummedData
{
    private const int BlockBytes = 256 * 1024;

    /// <summary>Sends <paramref name="length"/> bytes of the stream <paramref name="seed"/>; returns their SHA-256.</summary>
    public static async Task<string> SendAsync(TcpPeer peer, int seed, long length)
    {
        var block = new byte[BlockBytes];
        new Random(seed).NextBytes(block);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long sent = 0; sent < length;)
        {
            // Each 4 KiB starts with its own position.
            for (var at = 0; at < BlockBytes; at += 4096)
            {
                BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(at), sent + at);
            }

            var part = block.AsMemory(0, (int)Math.Min(BlockBytes, length - sent));
            hash.AppendData(part.Span);
            await peer.SendAsync(part).ConfigureAwait(false);
            sent += part.Length;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Reads to the end of the stream; returns how much came and its SHA-256.</summary>
    public static async Task<(long Length, string Hash)> ReceiveAsync(TcpPeer peer)
    {
        var buffer = new byte[BlockBytes];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        for (int n; (n = await peer.ReadAsync(buffer).ConfigureAwait(false)) > 0; length += n)
        {
            hash.AppendData(buffer.AsSpan(0, n));
        }

        return (length, Convert.ToHexString(hash.GetHashAndReset()));
    }
}
