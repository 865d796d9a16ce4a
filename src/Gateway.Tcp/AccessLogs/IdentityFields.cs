using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.AccessLogs;

/// <summary>The fields that follow from the identity of a connection, for TCP and HTTP.</summary>
public static class IdentityFields
{
    private static readonly AccessField[] Hello = [AccessField.Of(AccessFieldKind.Sni), AccessField.Of(AccessFieldKind.Alpn)];

    private static readonly AccessField[] Session =
    [
        .. Hello, AccessField.Of(AccessFieldKind.Tls), AccessField.Of(AccessFieldKind.Cipher), AccessField.Of(AccessFieldKind.Cn),
    ];

    /// <summary>The fields about TLS that a line without chosen fields has at its end, as far as TLS is known of.</summary>
    public static IReadOnlyList<AccessField> TlsOf(ConnectionIdentity? identity) =>
        identity?.Tls is not null ? Session : identity?.Hello is not null ? Hello : [];

    /// <summary>The value of a field; null: not known, or not of the identity.</summary>
    public static object? Read(ConnectionIdentity? identity, AccessField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return field.Kind switch
        {
            AccessFieldKind.Source => identity is null ? "-" : Name(identity.Source),
            AccessFieldKind.Tlvs => ProxyTlvField.Describe(identity is null ? [] : identity.Tlvs.Span),
            AccessFieldKind.Tlv => Text(identity is not null && field.Tlv!.TryFind(identity.Tlvs.Span, out var value) ? value : null),
            AccessFieldKind.Local => identity?.Local,
            AccessFieldKind.OriginalDestination => identity?.OriginalDestination ?? identity?.Local,
            AccessFieldKind.Sni => Text(identity?.Hello?.ServerName ?? identity?.Tls?.ServerName),
            AccessFieldKind.Alpn => Text(AlpnOf(identity)),
            AccessFieldKind.Tls => identity?.Tls?.Version ?? "-",
            AccessFieldKind.Cipher => identity?.Tls?.Cipher ?? "-",
            AccessFieldKind.Cn => Text(identity?.Tls?.ClientName),
            _ => null,
        };
    }

    /// <summary>The name of a source, as lines have it.</summary>
    public static string Name(IdentitySource source) => source switch
    {
        IdentitySource.Socket => "Socket",
        IdentitySource.ProxyProtocolV1 => "ProxyProtocolV1",
        IdentitySource.ProxyProtocolV2 => "ProxyProtocolV2",
        _ => "Toa",
    };

    private static string? AlpnOf(ConnectionIdentity? identity) =>
        identity?.Tls is { } ended ? ended.Alpn : identity?.Hello is { } hello ? string.Join(',', hello.Alpn) : null;

    private static string Text(string? value) => string.IsNullOrEmpty(value) ? "-" : LogText.Value(value);
}
