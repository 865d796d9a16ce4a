using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Peers;

/// <summary>A backend that answers each HTTP/1.1 request with its head, as it came; on request behind a PROXY header, whose source it tells in a line of its own.</summary>
internal static class HttpBackend
{
    public static RecordingTcpServer Start(bool expectsHeader = false) => RecordingTcpServer.Start(async peer =>
    {
        var source = expectsHeader ? (await WireHeader.ReadAsync(peer)).Source : null;
        while (true)
        {
            var head = new StringBuilder();
            for (string line; (line = await peer.ReadLineAsync()).Length > 0;)
            {
                head.Append(line).Append("\r\n");
            }

            if (head.Length == 0)
            {
                return;
            }

            head.Append(source is null ? "" : $"Announced: {source.Address}\r\n");
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {head.Length}\r\n\r\n{head}");
        }
    });

    /// <summary>A backend that answers a request that has a Content-Length with the SHA-256 of its body, and ends the connection.</summary>
    public static RecordingTcpServer StartHashing() => RecordingTcpServer.Start(static async peer =>
    {
        const string Length = "Content-Length: ";
        var length = 0;
        for (string line; (line = await peer.ReadLineAsync()).Length > 0;)
        {
            length = line.StartsWith(Length, StringComparison.OrdinalIgnoreCase)
                ? int.Parse(line.AsSpan(Length.Length), CultureInfo.InvariantCulture)
                : length;
        }

        var hash = Convert.ToHexString(SHA256.HashData(await peer.ReadExactlyAsync(length)));
        await peer.SendAsync($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {hash.Length}\r\n\r\n{hash}");
    });
}
