using System.Text.Json;

namespace Gateway.Tcp.Dnat;

/// <summary>Reads the answer of nftables to a list command, in JSON (libnftables-json(5)).</summary>
internal static class NftAnswer
{
    /// <summary>The objects of one kind, in the order of the answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="kind"><c>chain</c>, <c>rule</c>, <c>counter</c>.</param>
    public static IEnumerable<JsonElement> ObjectsOf(JsonDocument answer, string kind)
    {
        foreach (var entry in answer.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (entry.TryGetProperty(kind, out var found))
            {
                yield return found;
            }
        }
    }
}
