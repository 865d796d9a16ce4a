using System.Text.Json;

namespace Gateway.Tcp.Dnat;

/// <summary>Turns readings of the kernel's counters into increments. A counter that is lower than before has restarted at 0.</summary>
internal sealed class DnatTally
{
    private Dictionary<string, (long Packets, long Bytes)> _last = [];

    /// <summary>The increments since the last reading. Counters that are not in this reading are forgotten.</summary>
    /// <param name="json">nftables' answer to "list counters".</param>
    public IReadOnlyList<(string Counter, long Packets, long Bytes)> Read(string json)
    {
        var now = new Dictionary<string, (long Packets, long Bytes)>();
        var added = new List<(string Counter, long Packets, long Bytes)>();
        using var document = JsonDocument.Parse(json);
        foreach (var counter in NftAnswer.ObjectsOf(document, "counter"))
        {
            var name = counter.GetProperty("name").GetString()!;
            var value = (Packets: counter.GetProperty("packets").GetInt64(), Bytes: counter.GetProperty("bytes").GetInt64());
            now[name] = value;
            var before = _last.TryGetValue(name, out var last) && last.Packets <= value.Packets ? last : default;
            if (value.Packets > before.Packets)
            {
                added.Add((name, value.Packets - before.Packets, value.Bytes - before.Bytes));
            }
        }

        _last = now;
        return added;
    }

    /// <summary>To be called after the table was made anew, because every counter begins at 0 then.</summary>
    public void Restart() => _last = [];
}
