using Gateway.Http.Messages;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;

namespace Gateway.Http.Forwarded;

/// <summary>
/// The request headers that pass the TLVs of the trusted PROXY header and the connection's id to a backend
/// (<c>Listeners:NAME:TlvHeaders</c>). Where TLS ends at the listener, they describe that TLS instead. They are set on the request itself
/// before routing, so that routes can match on them. Clients cannot forge them: on every listener, received headers with these names of
/// any listener are removed first.
/// </summary>
/// <param name="config">Header names by field, validated.</param>
/// <param name="reserved">The header names of all listeners.</param>
internal sealed class TlvHeaders(IReadOnlyDictionary<string, string> config, IReadOnlyList<string> reserved)
{
    /// <summary>The field name of the connection's id.</summary>
    public const string ConnectionId = "ConnectionId";

    private readonly (string Header, ProxyTlvField? Field, ProxySslField? Ssl)[] _headers =
    [
        .. config.Select(static pair =>
            (
                pair.Value,
                ProxyTlvField.TryParse(pair.Key, out var tlv) ? tlv : null,
                ProxySslField.TryParse(pair.Key, out var ssl) ? ssl : null)),
    ];

    /// <summary>
    /// Whether a listener sets this header, or the name is an alias of such a header for backends that put headers into environment
    /// variables (<see cref="FoldedName"/>).
    /// </summary>
    public bool IsReserved(string name)
    {
        foreach (var own in reserved)
        {
            if (FoldedName.AreEqual(name, own))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes received headers with these names, and sets the known values. A missing or malformed TLV sets no header.</summary>
    public void Apply(HttpContext context, ConnectionIdentity connection)
    {
        var headers = context.Request.Headers;
        List<string>? forged = null;
        foreach (var header in headers)
        {
            if (IsReserved(header.Key))
            {
                (forged ??= []).Add(header.Key);
            }
        }

        foreach (var name in forged ?? [])
        {
            headers.Remove(name);
        }

        var ended = context.Features.Find<EndedTls>();
        foreach (var (header, field, ssl) in _headers)
        {
            if (field is null && ssl is null)
            {
                headers[header] = context.Connection.Id;
                continue;
            }

            var tlvs = ended is not null && EndedTls.TellsOf(field?.Type ?? ProxyTlvType.Ssl) ? ended.Tlvs : connection.Tlvs.Span;
            if (field?.TryFind(tlvs, out var value) ?? ssl!.TryFind(tlvs, out value))
            {
                headers[header] = value;
            }
        }
    }
}
