using System.Text.Json;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>
/// Lists of objects that others write. An item that is nothing could mean anything, and without it the list could mean more than its author
/// says: of the names <c>[null]</c> every name would be left. So the object cannot be read.
/// </summary>
internal static class WholeList
{
    /// <summary>The list.</summary>
    /// <exception cref="JsonException">An item is nothing.</exception>
    public static IReadOnlyList<T>? Of<T>(IReadOnlyList<T>? items)
        where T : class
    {
        for (var i = 0; i < items?.Count; i++)
        {
            if (items[i] is null)
            {
                throw new JsonException($"item {i} of a list is nothing");
            }
        }

        return items;
    }
}
