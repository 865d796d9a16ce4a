using Gateway.ProxyProtocol;

namespace Gateway.Tcp.AccessLogs;

/// <summary>A field of the access log.</summary>
public sealed class AccessField
{
    /// <summary>What the name of a field with one TLV begins with.</summary>
    public const string TlvPrefix = "tlv:";

    // In the order in which messages list them. The properties of fields that a line always had are those of the line's JSON.
    private static readonly AccessField[] All =
    [
        new("event", "Event", AccessFieldKind.Event),
        new("client", "Client", AccessFieldKind.Client),
        new("hop", "Hop", AccessFieldKind.Hop, isTcp: false),
        new("peer", "Peer", AccessFieldKind.Peer),
        new("source", "Source", AccessFieldKind.Source),
        new("listener", "Listener", AccessFieldKind.Listener),
        new("route", "Route", AccessFieldKind.Route),
        new("cluster", "Cluster", AccessFieldKind.Cluster),
        new("destination", "Destination", AccessFieldKind.Destination),
        new("host", "Host", AccessFieldKind.Host, isTcp: false),
        new("received", "BytesReceived", AccessFieldKind.Received),
        new("method", "Method", AccessFieldKind.Method, isTcp: false),
        new("path", "Path", AccessFieldKind.Path, isTcp: false),
        new("status", "Status", AccessFieldKind.Status, isTcp: false),
        new("sent", "BytesSent", AccessFieldKind.Sent),
        new("duration", "DurationMs", AccessFieldKind.Duration),
        new("reason", "Reason", AccessFieldKind.Reason, isHttp: false),
        new("error", "Error", AccessFieldKind.Error, isTcp: false),
        new("detail", "Detail", AccessFieldKind.Detail),
        new("tlvs", "Tlvs", AccessFieldKind.Tlvs),
        new("id", "UniqueId", AccessFieldKind.Id),
        new("sni", "Sni", AccessFieldKind.Sni),
        new("alpn", "Alpn", AccessFieldKind.Alpn),
        new("tls", "TlsVersion", AccessFieldKind.Tls),
        new("cipher", "Cipher", AccessFieldKind.Cipher),
        new("cn", "ClientName", AccessFieldKind.Cn),
        new("mode", "Mode", AccessFieldKind.Mode),
        new("local", "Local", AccessFieldKind.Local),
        new("original_destination", "OriginalDestination", AccessFieldKind.OriginalDestination),
        new("connect", "ConnectMs", AccessFieldKind.Connect, isHttp: false),
        new("connected", "ConnectedMs", AccessFieldKind.Connected, isHttp: false),
        new("first_byte", "FirstByteMs", AccessFieldKind.FirstByte),
        new("backend", "Backend", AccessFieldKind.Backend, isHttp: false),
        new("backend_local", "BackendLocal", AccessFieldKind.BackendLocal, isHttp: false),
        new("http_version", "HttpVersion", AccessFieldKind.HttpVersion, isTcp: false),
        new("user_agent", "UserAgent", AccessFieldKind.UserAgent, isTcp: false),
        new("request_id", "RequestId", AccessFieldKind.RequestId, isTcp: false),
        new("traceparent", "Traceparent", AccessFieldKind.Traceparent, isTcp: false),
    ];

    private AccessField(
        string name, string property, AccessFieldKind kind, bool isTcp = true, bool isHttp = true, ProxyTlvField? tlv = null) =>
        (Name, Property, Kind, IsTcp, IsHttp, Tlv) = (name, property, kind, isTcp, isHttp, tlv);

    /// <summary>All names but those of single TLVs, for messages.</summary>
    public static IEnumerable<string> Names => All.Select(static known => known.Name);

    /// <summary>The name in a line and in the configuration.</summary>
    public string Name { get; }

    /// <summary>The name in a line's JSON.</summary>
    public string Property { get; }

    /// <summary>The content.</summary>
    public AccessFieldKind Kind { get; }

    /// <summary>Whether lines of TCP connections have the field.</summary>
    public bool IsTcp { get; }

    /// <summary>Whether lines of HTTP requests have the field.</summary>
    public bool IsHttp { get; }

    /// <summary>The TLV of a field with one TLV; otherwise null.</summary>
    public ProxyTlvField? Tlv { get; }

    /// <summary>Whether the text of a value ends with <c>ms</c>.</summary>
    public bool IsMilliseconds => Kind
        is AccessFieldKind.Duration or AccessFieldKind.Connect or AccessFieldKind.Connected or AccessFieldKind.FirstByte;

    /// <summary>Finds a field by its name.</summary>
    /// <param name="name">A name of <see cref="Names"/>, or <c>tlv:</c> with a TLV's name or number.</param>
    /// <returns>The field; null if no field has the name.</returns>
    public static AccessField? Find(string? name) =>
        name?.StartsWith(TlvPrefix, StringComparison.Ordinal) == true
            ? ProxyTlvField.TryParse(name[TlvPrefix.Length..], out var tlv)
                ? new AccessField(TlvPrefix + tlv.Name, "Tlv:" + tlv.Name, AccessFieldKind.Tlv, tlv: tlv)
                : null
            : Array.Find(All, known => known.Name == name);

    internal static AccessField Of(AccessFieldKind kind) => Array.Find(All, known => known.Kind == kind)!;
}
