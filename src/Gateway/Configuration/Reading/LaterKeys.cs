using System.Collections.Frozen;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Reading;

/// <summary>Planned keys and values. For these the error is "not available yet", which is more helpful than "unknown".</summary>
internal static class LaterKeys
{
    private static readonly FrozenDictionary<Type, string[]> Keys = new Dictionary<Type, string[]>
    {
        [typeof(ListenerConfig)] = ["Limits", "Tls"],
        [typeof(TcpRouteConfig)] = ["Limits"],
        [typeof(TcpRouteMatchConfig)] = ["ServerNames"],
        [typeof(TcpClusterConfig)] = ["LoadBalancingPolicy", "Limits", "Tls"],
        [typeof(TcpDestinationConfig)] = ["Health"],
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string[]> Values = new Dictionary<Type, string[]>
    {
        [typeof(ListenerProtocol)] = ["Https", "Tls"],
    }.ToFrozenDictionary();

    /// <summary>Whether a key of a record is planned.</summary>
    public static bool IsPlannedKey(Type record, string key) => Has(Keys, record, key);

    /// <summary>Whether a value of an enum is planned.</summary>
    public static bool IsPlannedValue(Type type, string value) => Has(Values, type, value);

    private static bool Has(FrozenDictionary<Type, string[]> table, Type type, string word) =>
        table.TryGetValue(type, out var words) && words.Contains(word, StringComparer.OrdinalIgnoreCase);
}
