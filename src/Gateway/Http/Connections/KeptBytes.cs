using System.Buffers;

namespace Gateway.Http.Connections;

/// <summary>
/// Keeps a copy of the part of a header that has arrived while the rest is awaited, because a pipe that has failed no longer gives its
/// bytes, and the outcome of the connection depends on them. Most headers arrive whole, and then nothing is copied.
/// </summary>
internal sealed class KeptBytes
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>The kept bytes.</summary>
    public ReadOnlySequence<byte> Bytes => new(_bytes, 0, _length);

    /// <summary>Adds the bytes that are not kept yet.</summary>
    public void Keep(in ReadOnlySequence<byte> all)
    {
        var length = (int)all.Length;
        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, length * 2);
        }

        all.Slice(_length).CopyTo(_bytes.AsSpan(_length));
        _length = length;
    }
}
