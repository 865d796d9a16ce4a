using System.Buffers;

namespace Gateway.Http.Connections;

/// <summary>
/// What has come of a header so far, while more is waited for: a pipe that has failed gives its bytes to nobody any more, and what became
/// of a connection depends on them. Most headers come whole, and nothing is copied.
/// </summary>
internal sealed class KeptBytes
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>The bytes.</summary>
    public ReadOnlySequence<byte> Bytes => new(_bytes, 0, _length);

    /// <summary>Keeps what is new of all that has come.</summary>
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
