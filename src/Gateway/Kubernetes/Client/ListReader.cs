using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Kubernetes.Client;

/// <summary>
/// Reads a page of a list. One object that the gateway cannot read must not keep the others from it: if the page as a whole does not fit,
/// its objects are read one by one.
/// </summary>
internal static class ListReader
{
    /// <summary>Reads a page.</summary>
    /// <param name="page">The whole page, from its beginning; must be able to go back.</param>
    /// <param name="type">The type of the objects.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="JsonException">It is no list.</exception>
    public static async Task<ResourceList<T>> ReadAsync<T>(Stream page, ResourceType<T> type, CancellationToken cancellation)
        where T : class, IResource
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(page, type.List, cancellation) ?? throw new JsonException("null is no list");
        }
        catch (JsonException)
        {
            page.Position = 0;
            using var document = await JsonDocument.ParseAsync(page, default, cancellation);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } list
                || !list.TryGetProperty("items", out var items)
                || items.ValueKind != JsonValueKind.Array)
            {
                throw;
            }

            return ReadEach(list, items, type);
        }
    }

    private static ResourceList<T> ReadEach<T>(JsonElement list, JsonElement items, ResourceType<T> type)
        where T : class, IResource
    {
        var (read, unreadable) = (new List<T?>(), new List<(ResourceKey?, string)>());
        foreach (var item in items.EnumerateArray())
        {
            try
            {
                read.Add(item.Deserialize(type.Object));
            }
            catch (JsonException problem)
            {
                unreadable.Add((KeyOf(item, type), problem.Message));
            }
        }

        return new ResourceList<T>
        {
            Metadata = Member(list, InfoOf<ListMeta, T>(type)) ?? new ListMeta(),
            Items = read,
            Unreadable = unreadable,
        };
    }

    private static ResourceKey? KeyOf<T>(JsonElement item, ResourceType<T> type)
        where T : class, IResource
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object ? Member(item, InfoOf<ObjectMeta, T>(type))?.Key : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TMeta? Member<TMeta>(JsonElement item, JsonTypeInfo<TMeta> type) =>
        item.TryGetProperty("metadata", out var metadata) ? metadata.Deserialize(type) : default;

    private static JsonTypeInfo<TMeta> InfoOf<TMeta, T>(ResourceType<T> type)
        where T : class, IResource =>
        (JsonTypeInfo<TMeta>)type.List.Options.GetTypeInfo(typeof(TMeta));
}
