using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http.Battery;

/// <summary>
/// A client of HTTP/2 that writes header fields as they are given, one after another, whatever the protocol says of them: literals without
/// an index (RFC 7541, 6.2.2).
/// </summary>
internal sealed class RawHttp2Client : IDisposable
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte Continuation = 9;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Padded = 8;
    private const byte Priority = 32;
    private const int MaxFrame = 16384;

    private readonly TcpPeer _peer;
    private int _stream = -1;

    private RawHttp2Client(TcpPeer peer) => _peer = peer;

    public static async Task<RawHttp2Client> ConnectAsync(IPEndPoint gateway)
    {
        var client = new RawHttp2Client(await TcpPeer.ConnectAsync(gateway));
        await client._peer.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await client.SendAsync(Settings, 0, 0, []);
        return client;
    }

    public void Dispose() => _peer.Dispose();

    /// <summary>Sends a request and waits for its end.</summary>
    /// <param name="lines">Header fields; <c>@data TEXT</c>, <c>@trailers</c>, <c>@split N</c>, <c>@padded</c>, <c>@priority</c>, <c>@unknown frame</c>.
    /// <c>@frame TYPE FLAGS STREAM TEXT</c> is a frame as it is given, before or behind those of the fields; with <c>@then</c> instead,
    /// behind the answer.</param>
    /// <returns>The status, <c>reset CODE</c> or <c>connection CODE</c>; what becomes of <c>@then</c> behind it.</returns>
    public async Task<string> AskAsync(IReadOnlyList<string> lines)
    {
        _stream += 2;
        await SendFramesAsync(lines.TakeWhile(static line => line.StartsWith("@frame ", StringComparison.Ordinal)));
        lines = [.. lines.SkipWhile(static line => line.StartsWith("@frame ", StringComparison.Ordinal))];
        if (lines.Count > 0 && lines[0][0] != '@')
        {
            await SendRequestAsync(lines);
        }

        await SendFramesAsync(lines.Where(static line => line.StartsWith("@frame ", StringComparison.Ordinal)));
        var answer = await ReadAnswerAsync();
        if (lines.Where(static line => line.StartsWith("@then ", StringComparison.Ordinal)).ToList() is { Count: > 0 } then)
        {
            await SendFramesAsync(then);
            await SendAsync(Ping, 0, 0, "are you?"u8.ToArray());
            answer += $", then {await ReadAnswerAsync()}";
        }

        return answer;
    }

    private async Task SendFramesAsync(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var parts = line.Split(' ', 5);
            var (type, flags) = (byte.Parse(parts[1], CultureInfo.InvariantCulture), byte.Parse(parts[2], CultureInfo.InvariantCulture));
            var stream = int.Parse(parts[3], CultureInfo.InvariantCulture);
            await SendAsync(type, flags, stream, Encoding.Latin1.GetBytes(parts.Length > 4 ? BatteryCase.Unescape(parts[4]) : ""));
        }
    }

    private async Task SendRequestAsync(IReadOnlyList<string> lines)
    {
        var fields = lines.TakeWhile(static line => line[0] != '@').ToList();
        var data = lines.Where(static line => line.StartsWith("@data", StringComparison.Ordinal)).Select(static line => BatteryCase.Unescape(line.Length > 6 ? line[6..] : "")).ToList();
        var trailers = lines.SkipWhile(static line => line != "@trailers").Skip(1).ToList();
        await SendHeadersAsync(fields, lines, isLast: data.Count == 0);
        for (var i = 0; i < data.Count; i++)
        {
            await SendAsync(Data, i == data.Count - 1 && trailers.Count == 0 ? EndStream : (byte)0, _stream, Encoding.Latin1.GetBytes(data[i]));
        }

        if (trailers.Count > 0)
        {
            await SendAsync(Headers, EndStream | EndHeaders, _stream, Block(trailers));
        }
    }

    private async Task SendHeadersAsync(IEnumerable<string> fields, IReadOnlyList<string> how, bool isLast)
    {
        var block = Block(fields);
        var split = how.FirstOrDefault(static line => line.StartsWith("@split ", StringComparison.Ordinal));
        var pieces = block.Chunk(split is null ? MaxFrame : int.Parse(split.AsSpan(7), CultureInfo.InvariantCulture)).ToList();
        var flags = isLast ? EndStream : (byte)0;
        for (var i = 0; i < pieces.Count; i++)
        {
            var end = i == pieces.Count - 1 ? EndHeaders : (byte)0;
            byte[] payload = (i, how) switch
            {
                (0, _) when how.Contains("@padded") => [4, .. pieces[i], 0, 0, 0, 0],
                (0, _) when how.Contains("@priority") => [0, 0, 0, 0, 16, .. pieces[i]],
                _ => pieces[i],
            };
            var more = i > 0 ? 0 : how.Contains("@padded") ? Padded : how.Contains("@priority") ? Priority : 0;
            await SendAsync(i == 0 ? Headers : Continuation, (byte)((i == 0 ? flags : 0) | end | more), _stream, payload);
        }

        if (how.Contains("@unknown frame"))
        {
            await SendAsync(99, 0xFF, _stream, "abc"u8.ToArray());
        }
    }

    private async Task<string> ReadAnswerAsync()
    {
        while (true)
        {
            var head = await _peer.ReadExactlyAsync(9);
            var payload = await _peer.ReadExactlyAsync((head[0] << 16) | (head[1] << 8) | head[2]);
            var isOurs = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) == _stream;
            switch (head[3])
            {
                case Settings when (head[4] & 1) == 0:
                    await SendAsync(Settings, 1, 0, []);
                    break;
                case GoAway:
                    return $"connection {BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4))}";
                case Reset when isOurs:
                    return $"reset {BinaryPrimitives.ReadInt32BigEndian(payload)}";
                case Headers when isOurs:
                    return StatusOf(payload);
                case Ping when (head[4] & 1) != 0 && payload.AsSpan().SequenceEqual("are you?"u8):
                    return "nothing";
            }
        }
    }

    /// <summary>The first field: one of the static table (RFC 7541, appendix A), or three digits.</summary>
    private static string StatusOf(byte[] block)
    {
        var at = 0;
        while ((block[at] & 0xE0) == 0x20)
        {
            // A new size of the dynamic table.
            at++;
        }

        string[] known = ["200", "204", "206", "304", "400", "404", "500"];
        return (block[at] & 0x80) != 0 ? known[(block[at] & 0x7F) - 8] : Encoding.ASCII.GetString(block, at + 2, 3);
    }

    private static byte[] Block(IEnumerable<string> fields)
    {
        var block = new List<byte>();
        foreach (var field in fields)
        {
            // A pseudo header begins with a colon of its own.
            var colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
            var (name, value) = colon > 0 ? (field[..colon], field[(colon + 2)..]) : field.StartsWith(": ", StringComparison.Ordinal) ? ("", field[2..]) : (field[..^1], "");
            block.Add(0);
            AddText(block, BatteryCase.Unescape(name));
            AddText(block, BatteryCase.Unescape(value));
        }

        return [.. block];
    }

    private static void AddText(List<byte> block, string text)
    {
        // RFC 7541, 5.1: an integer with a prefix of seven bits.
        const int most = 127;
        block.Add((byte)Math.Min(text.Length, most));
        var rest = text.Length - most;
        for (; rest >= 128; rest /= 128)
        {
            block.Add((byte)((rest % 128) + 128));
        }

        if (rest >= 0)
        {
            block.Add((byte)rest);
        }

        block.AddRange(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>Sends a frame. A gateway that has ended the connection said why before: what it said is still to be read.</summary>
    private async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] head = [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        try
        {
            await _peer.SendAsync((byte[])[.. head, .. payload]);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.Shutdown or SocketError.ConnectionReset)
        {
        }
    }
}
