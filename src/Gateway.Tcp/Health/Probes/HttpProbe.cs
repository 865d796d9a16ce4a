using System.Globalization;
using System.Text;

namespace Gateway.Tcp.Health.Probes;

/// <summary>
/// Sends a GET by HTTP/1.1 and looks at the status of the answer. Reads no further than the status line, apart from interim answers (1xx).
/// </summary>
/// <param name="target">The destination, and the expected statuses.</param>
internal sealed class HttpProbe(ProbeTarget target) : IProbe
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;
    private const int SwitchingProtocols = 101;
    private const int FirstFinal = 200;

    private readonly ProbeAnswer _answer = new();

    /// <inheritdoc/>
    public bool HasAnswer => _answer.Length > 0;

    /// <inheritdoc/>
    public async ValueTask<string?> AskAsync(Stream stream, CancellationToken limit)
    {
        var model = target.Rules.Probe;
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"GET {model.Path} HTTP/1.1\r\nHost: {model.Host ?? OwnHost()}\r\nUser-Agent: Gateway-HealthCheck\r\nAccept: */*\r\n"
                + "Connection: close\r\n\r\n"), limit);
        int status;
        while ((status = ReadStatus(_answer.Bytes)) == 0)
        {
            if (await _answer.ReadAsync(stream, limit) is { } ended)
            {
                return $"expected HTTP and got {_answer.Shown} ({ended})";
            }
        }

        return status < 0 ? $"expected HTTP and got {_answer.Shown}"
            : model.Statuses!.Contains(status) ? null
            : string.Create(CultureInfo.InvariantCulture, $"status {status}");
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(Stream stream, CancellationToken limit) => default;

    /// <inheritdoc/>
    public void Dispose() => _answer.Dispose();

    /// <summary>The status of the final answer; 0: more bytes are needed; -1: this is not HTTP/1.</summary>
    internal static int ReadStatus(ReadOnlySpan<byte> answer)
    {
        while (true)
        {
            // "HTTP/1.1 200", then a blank or the end of the line.
            var known = Math.Min(answer.Length, "HTTP/1."u8.Length);
            if (!answer[..known].SequenceEqual("HTTP/1."u8[..known]))
            {
                return -1;
            }

            var end = answer.IndexOf((byte)'\n');
            if (end < 0)
            {
                return 0;
            }

            if (end < 12 || answer[8] != ' ' || answer[12] is not ((byte)' ' or (byte)'\r' or (byte)'\n')
                || !int.TryParse(answer[9..12], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status < 100)
            {
                return -1;
            }

            if (status is >= FirstFinal or SwitchingProtocols)
            {
                return status;
            }

            var next = answer.IndexOf("\r\n\r\n"u8);
            if (next < 0)
            {
                return 0;
            }

            answer = answer[(next + 4)..];
        }
    }

    private string OwnHost()
    {
        var (host, port) = (target.Destination.Host, target.CheckedAddress.Port);
        var name = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return port == (target.Tls is null ? HttpPort : HttpsPort) ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{port}");
    }
}
