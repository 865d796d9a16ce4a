using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.ProxyProtocol;

namespace Whoami;

/// <summary>The answer of the TCP backend: one line of <c>key=value</c> pairs, without spaces in a value.</summary>
internal static class WhoamiTcpAnswer
{
    /// <summary>The line for a connection without a header: the client is the peer.</summary>
    public static string WithoutHeader(Socket socket) =>
        $"client={Format(socket.RemoteEndPoint)} via=socket peer={Format(socket.RemoteEndPoint)} local={Format(socket.LocalEndPoint)}";

    /// <summary>
    /// The line for a connection with a header: the client is the source in the header. If there is none (LOCAL, UNKNOWN, UNSPEC, UNIX),
    /// the client is the peer.
    /// </summary>
    public static string WithHeader(Socket socket, in ProxyHeader header, ReadOnlySpan<byte> tlvs)
    {
        var line = new StringBuilder();
        var client = header.HasAddresses ? Format(header.Source) : Format(socket.RemoteEndPoint);
        line.Append($"client={client} via=proxy-v{(int)header.Version}{(header.Command == ProxyCommand.Local ? "-local" : "")}");
        line.Append($" peer={Format(socket.RemoteEndPoint)} local={Format(socket.LocalEndPoint)}");
        if (header.HasAddresses)
        {
            line.Append($" destination={Format(header.Destination)}");
        }

        var separator = " tlvs=";
        foreach (var tlv in new ProxyTlvReader(tlvs))
        {
            line.Append(separator).Append(ProxyTlvNames.Format(tlv.Type)).Append(':').Append(Format(tlv.Value));
            separator = ",";
        }

        return line.ToString();
    }

    /// <summary>Formats an endpoint as <c>192.0.2.1:80</c>; v4-mapped addresses as IPv4.</summary>
    public static string Format(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped => new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port).ToString(),
        null => "-",
        _ => endPoint.ToString()!,
    };

    private static string Format(ProxyEndPoint endPoint) => endPoint.ToString();

    // Untrusted bytes are shown as text only if they can neither break the line nor look like another pair.
    private static string Format(ReadOnlySpan<byte> value) =>
        value.IsEmpty || value.ContainsAnyExceptInRange((byte)'!', (byte)'~') || value.ContainsAny(",=:"u8)
            ? "0x" + Convert.ToHexString(value)
            : Encoding.ASCII.GetString(value);
}
