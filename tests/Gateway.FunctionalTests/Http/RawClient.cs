using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http;

/// <summary>An HTTP/1.1 client that sends exactly the bytes that it is given, one for each character.</summary>
internal static partial class RawClient
{
    /// <summary>Sends one request on a connection of its own.</summary>
    /// <returns>The whole response as it came; empty: the connection ended without one.</returns>
    public static async Task<string> AskAsync(IPEndPoint gateway, string request)
    {
        using var peer = await TcpPeer.ConnectAsync(gateway);
        await peer.SendAsync(request);
        return await ReadResponseAsync(peer);
    }

    /// <summary>Sends a GET for a target.</summary>
    public static Task<string> GetAsync(IPEndPoint gateway, string target, string headers = "") => AskAsync(gateway, $"GET {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");

    /// <summary>Reads a response whose length its headers tell.</summary>
    public static async Task<string> ReadResponseAsync(TcpPeer peer)
    {
        var text = "";
        try
        {
            for (string line; (line = await peer.ReadLineAsync()).Length > 0;)
            {
                text += line + "\r\n";
            }

            var length = LengthOf().Match(text);
            return length.Success ? text + "\r\n" + await peer.ReadTextAsync(int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture)) : text;
        }
        catch (Exception ended) when (ended is SocketException or EndOfStreamException)
        {
            return text;
        }
    }

    /// <summary>The status of a response; 0: there is none.</summary>
    public static int StatusOf(string response) => response.Length > 12 ? int.Parse(response.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("\r\nContent-Length: *(\\d+)\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex LengthOf();
}
