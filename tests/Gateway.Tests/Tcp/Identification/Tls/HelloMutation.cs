namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>
/// Changes recorded hellos as nobody would send them. Some mutants have their outer lengths put right again and their records cut anew:
/// else most changes would be found by the outermost length, and the code behind it would see few.
/// </summary>
internal sealed class HelloMutation(Random random, IReadOnlyList<byte[]> hellos)
{
    private const int RecordHeaderLength = 5;
    private const int MessageHeaderLength = 4;

    private static readonly byte[] Telling = [0, 1, 2, 3, 4, 0x0a, 0x10, 0x16, 0x2b, 0x7f, 0x80, 0xff];

    private readonly byte[][] _messages = [.. hellos.Select(Hellos.Joined)];
    private readonly byte[] _bytes = new byte[1 << 15];
    private readonly byte[] _records = new byte[1 << 17];

    /// <summary>The next mutant; its memory is used again by the next call.</summary>
    public ArraySegment<byte> Next()
    {
        if (random.Next(3) == 0)
        {
            return new(_bytes, 0, Change(hellos[random.Next(hellos.Count)]));
        }

        var length = Change(_messages[random.Next(_messages.Length)]);
        if (length >= MessageHeaderLength && random.Next(4) != 0)
        {
            var body = length - MessageHeaderLength;
            (_bytes[0], _bytes[1], _bytes[2], _bytes[3]) = (1, 0, (byte)(body >> 8), (byte)body);
        }

        return new(_records, 0, CutIntoRecords(length));
    }

    private int Change(byte[] original)
    {
        original.CopyTo(_bytes, 0);
        var length = original.Length;
        for (var changes = random.Next(5); changes > 0 && length > 0; changes--)
        {
            // Half of the changes hit the front: headers, and the lengths behind which everything lies.
            var at = random.Next(2) == 0 ? random.Next(length) : random.Next(Math.Min(length, 120));
            length = ChangeAt(at, length);
        }

        return length;
    }

    private int ChangeAt(int at, int length)
    {
        switch (random.Next(7))
        {
            case 0:
                _bytes[at] = (byte)random.Next(256);
                return length;
            case 1:
                _bytes[at] = Telling[random.Next(Telling.Length)];
                return length;
            case 2:
                _bytes[at] += (byte)random.Next(-4, 5);
                return length;
            case 3:
                _bytes[at] ^= (byte)(1 << random.Next(8));
                return length;
            case 4:
                return random.Next(8) == 0 ? at : length;
            case 5:
                var removed = Math.Min(length - at, 1 + random.Next(random.Next(2) == 0 ? 4 : 60));
                _bytes.AsSpan(at + removed, length - at - removed).CopyTo(_bytes.AsSpan(at));
                return length - removed;
            default:
                return InsertAt(at, length);
        }
    }

    // A piece of another hello: often a whole extension or a part of its list.
    private int InsertAt(int at, int length)
    {
        var other = hellos[random.Next(hellos.Count)];
        var from = random.Next(other.Length);
        var inserted = Math.Min(other.Length - from, 1 + random.Next(random.Next(2) == 0 ? 4 : 60));
        _bytes.AsSpan(at, length - at).CopyTo(_bytes.AsSpan(at + inserted));
        other.AsSpan(from, inserted).CopyTo(_bytes.AsSpan(at));
        return length + inserted;
    }

    private int CutIntoRecords(int length)
    {
        var longest = random.Next(4) switch { 0 => 1 + random.Next(8), 1 => 1 + random.Next(200), _ => length };
        var (to, left) = (0, length);
        while (left > 0)
        {
            // Now and then an empty record.
            var part = Math.Min(left, random.Next(16) == 0 ? random.Next(longest + 1) : longest);
            _records[to] = 22;
            _records[to + 1] = 3;
            _records[to + 2] = (byte)random.Next(5);
            _records[to + 3] = (byte)(part >> 8);
            _records[to + 4] = (byte)part;
            _bytes.AsSpan(length - left, part).CopyTo(_records.AsSpan(to + RecordHeaderLength));
            to += RecordHeaderLength + part;
            left -= part;
        }

        return to;
    }
}
