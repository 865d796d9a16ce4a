using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Gateway.FunctionalTests.Http;

/// <summary>An HTTP client that may send a PROXY header first, whole or in pieces.</summary>
internal static class ProxyClient
{
    /// <summary>A client for <paramref name="endPoint"/>; each of its connections starts with <paramref name="preamble"/>.</summary>
    public static HttpClient For(IPEndPoint endPoint, byte[]? preamble = null, bool http2 = false) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        // One byte is one character.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        Expect100ContinueTimeout = Limits.Wait,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(endPoint, cancellation);
            if (preamble is not null)
            {
                await socket.SendAsync(preamble, cancellation);
            }
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://gateway.example/"),
        Timeout = Limits.Wait,
        DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>The headers that the backend saw.</summary>
    public static async Task<Dictionary<string, string>> ShowAsync(this HttpClient client, string path = "show", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new Dictionary<string, string>(
            JsonSerializer.Deserialize<Dictionary<string, string>>(await response.Content.ReadAsStringAsync())!, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A version 1 line.</summary>
    public static byte[] V1(string source, int port) => Encoding.ASCII.GetBytes(
        $"PROXY {(source.Contains(':', StringComparison.Ordinal) ? $"TCP6 {source} 2001:db8::d" : $"TCP4 {source} 192.0.2.200")} {port} 443\r\n");

    /// <summary>A version 2 header without TLVs.</summary>
    public static byte[] V2(string source, int port, bool local = false)
    {
        var address = IPAddress.Parse(source).GetAddressBytes();
        List<byte> header = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, (byte)(local ? 0x20 : 0x21), (byte)(address.Length == 4 ? 0x11 : 0x21)];
        header.AddRange([0, (byte)((address.Length * 2) + 4), .. address, .. address, (byte)(port >> 8), (byte)port, 1, 187]);
        return [.. header];
    }

    /// <summary>What AWS's Network Load Balancer sends before a health check: LOCAL, with a checksum and a NOOP of 74 bytes.</summary>
    public static byte[] NlbCheck { get; } = Convert.FromHexString("0D0A0D0A000D0A515549540A" + "20" + "11" + "0054" + "030004BCE5951F" + "04004A" + new string('0', 148));

    /// <summary>Connects a bare socket. Not asynchronously: on loopback a blocking connect has ended before the gateway can reset the connection, which it may do at once.</summary>
    public static async Task<Socket> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await Task.Run(() => socket.Connect(endPoint)).WaitAsync(Limits.Wait);
        return socket;
    }

    /// <summary>Reads until the other end closes; a reset counts as that.</summary>
    public static async Task<string> ReadToEndAsync(this Socket socket)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, limit.Token)) > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The connection was not closed after: {text}");
        }
        return text.ToString();
    }
}
