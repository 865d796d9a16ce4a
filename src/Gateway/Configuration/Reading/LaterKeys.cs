using System.Collections.Frozen;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Reading;

/// <summary>Planned keys. For these the error is "not available yet", which is more helpful than "unknown".</summary>
internal static class LaterKeys
{
    private static readonly FrozenDictionary<Type, string[]> Keys = new Dictionary<Type, string[]>
    {
        [typeof(TcpClusterConfig)] = ["Limits"],
        [typeof(TcpDestinationConfig)] = ["Health"],
    }.ToFrozenDictionary();

    /// <summary>Whether a key of a record is planned.</summary>
    public static bool IsPlannedKey(Type record, string key) =>
        Keys.TryGetValue(record, out var words) && words.Contains(key, StringComparer.OrdinalIgnoreCase);
}
