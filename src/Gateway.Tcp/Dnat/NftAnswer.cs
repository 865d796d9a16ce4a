using System.Text.Json;

namespace Gateway.Tcp.Dnat;

/// <summary>What nftables answers to a list command, as JSON (libnftables-json(5)).</summary>
internal static class NftAnswer
{
    /// <summary>The objects of one kind, in their order.</summary>
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
