using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;

namespace Gateway.Http.Forwarded;

/// <summary>
/// The request headers that tell a backend what the trusted PROXY header's TLVs say, and the connection's id
/// (<c>Listeners:NAME:TlvHeaders</c>). They are set on the request itself, before routing, so that routes can match on them. Nobody else
/// may set one: whatever came under the name of a header that any listener has is removed first, on every listener.
/// </summary>
/// <param name="config">Header names by field, validated.</param>
/// <param name="reserved">The header names of all listeners.</param>
internal sealed class TlvHeaders(IReadOnlyDictionary<string, string> config, IReadOnlyList<string> reserved)
{
    /// <summary>What stands for the connection's id among the fields.</summary>
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
    /// Whether a header is one that a listener has, or its alias for backends that put headers into environment variables
    /// (<see cref="FoldedName"/>).
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

    /// <summary>Removes what came, and sets what is known. A TLV that did not come, or is malformed, sets nothing.</summary>
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

        foreach (var (header, field, ssl) in _headers)
        {
            if (field is null && ssl is null)
            {
                headers[header] = context.Connection.Id;
            }
            else if (field?.TryFind(connection.Tlvs.Span, out var value) ?? ssl!.TryFind(connection.Tlvs.Span, out value))
            {
                headers[header] = value;
            }
        }
    }
}
