using System.Text;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// Reads those extensions of a ClientHello that the gateway uses. Each method returns false if the extension is malformed.
/// </summary>
internal static class ClientHelloExtensions
{
    private const int MaxProtocols = 64;
    private const int MajorVersion = 3;
    private const byte HostNameType = 0;

    /// <summary>
    /// Reads the host name, in the form in which names are compared; null if the client sent none, or text that is not a host name.
    /// </summary>
    public static bool TryReadServerName(ReadOnlySpan<byte> data, out string? serverName)
    {
        serverName = null;
        var reader = new WireReader(data);
        if (!reader.TryReadVector16(out var list) || list.IsEmpty || !reader.IsAtEnd)
        {
            return false;
        }

        // RFC 6066 says that names of future types also begin with a length of two bytes. No other type exists so far.
        var entries = new WireReader(list);
        var hasHostName = false;
        while (!entries.IsAtEnd)
        {
            if (!entries.TryReadByte(out var type) || !entries.TryReadVector16(out var name))
            {
                return false;
            }

            if (type == HostNameType)
            {
                if (name.IsEmpty || hasHostName)
                {
                    return false;
                }

                hasHostName = true;
                serverName = ServerName.Normalize(name);
            }
        }

        return true;
    }

    /// <summary>Reads the protocols that the client offers.</summary>
    public static bool TryReadAlpn(ReadOnlySpan<byte> data, out string[]? alpn)
    {
        alpn = null;
        var reader = new WireReader(data);
        if (!reader.TryReadVector16(out var list) || list.IsEmpty || !reader.IsAtEnd)
        {
            return false;
        }

        var names = new List<string>();
        var entries = new WireReader(list);
        while (!entries.IsAtEnd)
        {
            if (!entries.TryReadVector8(out var name) || name.IsEmpty)
            {
                return false;
            }

            if (names.Count < MaxProtocols && !(name.Length == sizeof(ushort) && IsGrease(name[0], name[1])))
            {
                names.Add(Encoding.Latin1.GetString(name));
            }
        }

        alpn = [.. names];
        return true;
    }

    /// <summary>Reads the highest version that the client offers; null if the client offers only unknown versions.</summary>
    public static bool TryReadVersions(ReadOnlySpan<byte> data, out int? version)
    {
        version = null;
        var reader = new WireReader(data);
        if (!reader.TryReadVector8(out var list) || list.IsEmpty || list.Length % sizeof(ushort) != 0 || !reader.IsAtEnd)
        {
            return false;
        }

        var entries = new WireReader(list);
        while (entries.TryReadUInt16(out var offered))
        {
            // Neither GREASE nor drafts (0x7f1c) have the major version 3.
            if (offered >> 8 == MajorVersion)
            {
                version = Math.Max(version ?? 0, offered);
            }
        }

        return true;
    }

    // RFC 8701: clients send these values, which have no meaning, so that servers keep accepting unknown values.
    private static bool IsGrease(byte first, byte second) => first == second && (first & 0x0f) == 0x0a;
}
