using System.Globalization;
using System.Net;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// The TLVs that a route adds to the PROXY header it sends (<c>SourceIp:AddTlvs</c>). The section is parsed once. Placeholders for the
/// route are filled in at that time, placeholders for the connection at each connection. An added TLV replaces all received TLVs of its
/// type, because the operator's configuration takes precedence over what a peer sent.
/// </summary>
public sealed class AddedTlvs
{
    // Specification, section 2.2.5: a unique id has at most 128 bytes. Other values are limited so that the header still fits into the
    // buffer of a reader that reads once.
    private const int MaxUniqueIdLength = 128;
    private const int MaxValueLength = 512;

    // The longest client address: an IPv6 address with a scope (39 characters, % and 10 digits).
    private const int MaxClientLength = 50;

    private readonly (ProxyTlvType Type, TlvTemplate Template, byte[]? Fixed)[] _tlvs;

    private AddedTlvs((ProxyTlvType, TlvTemplate, byte[]?)[] tlvs) => _tlvs = tlvs;

    /// <summary>The types that are added. Received TLVs of these types are not passed through.</summary>
    public IEnumerable<ProxyTlvType> Types => _tlvs.Select(static tlv => tlv.Type);

    /// <summary>Parses a section.</summary>
    /// <param name="config">Templates by field, validated.</param>
    /// <param name="scope">The route.</param>
    /// <returns>Null if the section adds no TLV.</returns>
    public static AddedTlvs? From(IReadOnlyDictionary<string, string> config, RouteScope scope)
    {
        ArgumentNullException.ThrowIfNull(config);
        var tlvs = new List<(ProxyTlvType, TlvTemplate, byte[]?)>();
        foreach (var (name, template) in config)
        {
            if (Problem(name, template, scope) is null
                && ProxyTlvField.TryParse(name, out var field)
                && TlvTemplate.Parse(template, scope) is { } parsed)
            {
                tlvs.Add((field.Type, parsed, parsed.IsFixed && field.TryEncode(parsed.Fill("", ""), out var bytes) ? bytes : null));
            }
        }

        return tlvs.Count == 0 ? null : new AddedTlvs([.. tlvs]);
    }

    /// <summary>Describes what is wrong with an entry; null if it is valid.</summary>
    /// <param name="name">The field.</param>
    /// <param name="template">The template of its value.</param>
    /// <param name="scope">The route.</param>
    public static string? Problem(string name, string template, RouteScope scope)
    {
        ArgumentNullException.ThrowIfNull(template);
        if (!ProxyTlvField.TryParse(name, out var field) || field.Type is ProxyTlvType.Crc32c or ProxyTlvType.Noop or ProxyTlvType.Ssl)
        {
            return "not a TLV that can be added: a name or a number as 0xE9, but not Crc32c, Noop and Ssl";
        }

        if (TlvTemplate.Parse(template, scope) is not { } parsed)
        {
            return $"unknown placeholder; known are {TlvTemplate.Known}";
        }

        if (!field.IsFreeText && template.Contains('{', StringComparison.Ordinal))
        {
            return "this TLV has a layout of its own: no placeholders";
        }

        if (!field.TryEncode(LongestOf(parsed), out var value))
        {
            return "this TLV cannot hold such a value";
        }

        var limit = field.Type == ProxyTlvType.UniqueId ? MaxUniqueIdLength : MaxValueLength;
        return value.Length > limit
            ? string.Create(CultureInfo.InvariantCulture, $"may become {value.Length} bytes; at most {limit}")
            : null;
    }

    /// <summary>The greatest length of all added TLVs together, in bytes.</summary>
    /// <param name="config">Templates by field, validated.</param>
    /// <param name="scope">The route.</param>
    public static int MaxLength(IReadOnlyDictionary<string, string> config, RouteScope scope)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Sum(entry =>
            ProxyTlvField.TryParse(entry.Key, out var field)
            && TlvTemplate.Parse(entry.Value, scope) is { } template
            && field.TryEncode(LongestOf(template), out var value)
                ? ProxyTlv.PrefixLength + value.Length
                : 0);
    }

    private static string LongestOf(TlvTemplate template) =>
        template.Fill(new string('x', MaxClientLength), new string('x', ConnectionIds.MaxLength));

    /// <summary>Writes the TLVs of one connection, one after another.</summary>
    /// <param name="client">The client.</param>
    /// <param name="connection">The connection's id.</param>
    public byte[] Write(IPEndPoint client, string connection)
    {
        ArgumentNullException.ThrowIfNull(client);
        var area = new List<byte>(256);
        foreach (var (type, template, ready) in _tlvs)
        {
            var value = ready ?? Encoding.UTF8.GetBytes(template.Fill(client.Address.ToString(), connection));
            var tlv = new byte[ProxyTlv.PrefixLength + value.Length];
            ProxyTlvWriter.Write(tlv, type, value);
            area.AddRange(tlv);
        }

        return [.. area];
    }
}
