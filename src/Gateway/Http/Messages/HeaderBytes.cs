using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http.Messages;

/// <summary>
/// Header values are bytes, and .NET shows them as text. The gateway uses Latin-1 on all four sides (requests and responses of the server
/// and of the HTTP client), so that one byte is one character, and every byte above 0x7F is passed on unchanged: file names and cookies in
/// UTF-8, old Latin-1. With .NET's defaults, UTF-8 in and ASCII out, such a request would get a 502, and on HTTP/2 the connection would end
/// for all requests that share it.
/// </summary>
internal static class HeaderBytes
{
    private static readonly DecimalDigits ContentLength = new();
    private static readonly ConnectionValue Connection = new();

    /// <summary>Makes a server read and write header values byte for byte.</summary>
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
    /// Makes an HTTP client read and write header values byte for byte. YARP's keys RequestHeaderEncoding and ResponseHeaderEncoding are
    /// ignored, because the server and the HTTP client must use the same encoding.
    /// </summary>
    public static void Keep(SocketsHttpHandler handler)
    {
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
    }

    /// <summary>
    /// Converts a .NET text (from the configuration or a decoded path) to the form of header values: UTF-8, one character for each byte.
    /// </summary>
    public static string FromText(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
