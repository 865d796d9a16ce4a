using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Routing;

/// <summary>Tells whether two routes match the same connections: both have the same conditions, written in any order.</summary>
public static class MatchKey
{
    private const char End = '\0';

    /// <summary>A text that is equal for equal conditions.</summary>
    /// <param name="match">The conditions; null: none.</param>
    public static string Of(TcpRouteMatchConfig? match) => match is null ? "" : string.Join(
        End,
        [
            Of(match.ClientCidrs),
            Of(match.DestinationCidrs),
            Of(match.DestinationPorts.Select(static ports => ports.ToString())),
            Of(match.ServerNames.Select(static name => name?.ToLowerInvariant())),
            Of(match.Alpn),
            .. match.Tlvs.OrderBy(static tlv => tlv.Key, StringComparer.OrdinalIgnoreCase)
                .Select(static tlv => $"{tlv.Key.ToUpperInvariant()}={Of(tlv.Value)}"),
        ]).TrimEnd(End);

    private static string Of(IEnumerable<string?> values) => string.Join(' ', values.Order(StringComparer.Ordinal));
}
