using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http.Messages;

/// <summary>
/// Header values are bytes, and .NET shows them as text. On all four sides (requests and responses, of the server and of the client) one
/// byte is one character, so that every byte above 0x7F goes on as it came: names of files and cookies in UTF-8, old Latin-1. .NET's own
/// defaults, UTF-8 in and ASCII out, answer such a request with 502, and on HTTP/2 they end the connection of everybody else who shares it.
/// </summary>
internal static class HeaderBytes
{
    private static readonly DecimalDigits ContentLength = new();
    private static readonly ConnectionValue Connection = new();

    /// <summary>Makes a server take and write header values as they are.</summary>
    public static void Keep(KestrelServerOptions kestrel)
    {
        kestrel.RequestHeaderEncodingSelector = static name => name.Length switch
        {
            10 when name.Equals("Connection", StringComparison.OrdinalIgnoreCase) => Connection,
            14 when name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) => ContentLength,
            _ => Encoding.Latin1,
        };
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
    }

    /// <summary>
    /// Makes a client do so, whatever YARP's keys RequestHeaderEncoding and ResponseHeaderEncoding say: the two sides have to agree.
    /// </summary>
    public static void Keep(SocketsHttpHandler handler)
    {
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
    }

    /// <summary>
    /// A text of ours (of the configuration, of a decoded path) as a header value, or to be compared with one: UTF-8, one character for
    /// each byte.
    /// </summary>
    public static string FromText(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
