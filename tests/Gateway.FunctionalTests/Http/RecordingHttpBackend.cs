using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// A backend that keeps each HTTP/1.1 request as it came, byte for byte (one character is one byte), and answers what a test says.
/// </summary>
internal sealed partial class RecordingHttpBackend : IAsyncDisposable
{
    /// <summary>The answer that says nothing.</summary>
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly RecordingTcpServer _server;
    private readonly Channel<RecordedRequest> _requests = Channel.CreateUnbounded<RecordedRequest>();
    private readonly Func<RecordedRequest, string> _answer;

    private RecordingHttpBackend(Func<RecordedRequest, string> answer)
    {
        _answer = answer;
        _server = RecordingTcpServer.Start(ServeAsync);
    }

    /// <summary>Its base address.</summary>
    public string Url => $"http://{_server.Address}/";

    /// <summary>Connections that it has accepted.</summary>
    public int Accepted => _server.Accepted;

    public static RecordingHttpBackend Start(Func<RecordedRequest, string>? answer = null) => new(answer ?? (static _ => Ok));

    /// <summary>The next request that nobody has taken yet.</summary>
    public async Task<RecordedRequest> NextAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        return await _requests.Reader.ReadAsync(limit.Token);
    }

    /// <summary>The next one, if it came already.</summary>
    public RecordedRequest? Find() => _requests.Reader.TryRead(out var request) ? request : null;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(TcpPeer peer)
    {
        while (await ReadLinesAsync(peer) is { Length: > 0 } head)
        {
            if (head.StartsWith("PROXY ", StringComparison.Ordinal))
            {
                head = head[(head.IndexOf('\n', StringComparison.Ordinal) + 1)..];
            }

            var body = "";
            if (LengthOf().Match(head) is { Success: true } length)
            {
                body = await peer.ReadTextAsync(int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture));
            }
            else if (Chunked().IsMatch(head))
            {
                while (await ReadSizeAsync(peer) is > 0 and var size)
                {
                    body += await peer.ReadTextAsync(size);
                    _ = await peer.ReadLineAsync();
                }

                _ = await ReadLinesAsync(peer);
            }

            var request = new RecordedRequest(head, body);
            _requests.Writer.TryWrite(request);
            await peer.SendAsync(_answer(request));
        }
    }

    private static async Task<int> ReadSizeAsync(TcpPeer peer) =>
        int.TryParse(await peer.ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new EndOfStreamException("The body was cut off.");

    private static async Task<string> ReadLinesAsync(TcpPeer peer)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (await peer.ReadAsync(one) == 1)
        {
            text.Append((char)one[0]);
            if (text.Length >= 4 && text.ToString(text.Length - 4, 4) == "\r\n\r\n")
            {
                return text.ToString();
            }

            if (text.Length == 2 && text.ToString() == "\r\n")
            {
                return text.ToString();
            }
        }

        return text.ToString();
    }

    [GeneratedRegex("\r\nContent-Length: *(\\d+)\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex LengthOf();

    [GeneratedRegex("\r\nTransfer-Encoding: *chunked\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex Chunked();
}

/// <summary>A request as it came.</summary>
/// <param name="Head">The request line and the headers, with the empty line behind them.</param>
/// <param name="Body">The body, decoded.</param>
internal sealed record RecordedRequest(string Head, string Body)
{
    /// <summary>The request line.</summary>
    public string Line => Head[..Head.IndexOf("\r\n", StringComparison.Ordinal)];

    /// <summary>What stands between the method and the version.</summary>
    public string Target => Line.Split(' ', 2)[1][..^" HTTP/1.1".Length];

    /// <summary>The values of a header, in order.</summary>
    public IReadOnlyList<string> this[string header] =>
        [.. Head.Split("\r\n").Skip(1).Where(line => line.StartsWith($"{header}:", StringComparison.OrdinalIgnoreCase)).Select(line => line[(header.Length + 1)..].Trim(' '))];
}
