using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Kubernetes.Client;

/// <summary>An event of a watch.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Object">The object; of a bookmark, only its version is set. Null if it is unreadable.</param>
/// <param name="Problem">Why it is unreadable; null: it is readable.</param>
internal readonly record struct WatchEvent<T>(WatchKind Kind, T? Object, string? Problem = null)
    where T : class, IResource
{
    /// <summary>Reads an event: <c>{"type":"ADDED","object":{…}}</c>.</summary>
    /// <exception cref="ApiException">The event is an error: the server ends the watch.</exception>
    /// <exception cref="JsonException">The bytes are no event.</exception>
    public static WatchEvent<T> Read(in ReadOnlySequence<byte> line, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(line);
        Utf8JsonReader at = default;
        string? kind = null;
        var hasObject = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            kind = isType ? reader.GetString() : kind;
            if (isObject)
            {
                at = reader;
                hasObject = true;
            }

            reader.Skip();
        }

        if (kind is null || !hasObject)
        {
            throw new JsonException("The line is no event of a watch.");
        }

        if (kind == "ERROR")
        {
            var status = ApiStatus.Read(ref at);
            throw new ApiException(status.Code, status.Reason, status.Message ?? "The server ended the watch.");
        }

        return Read(kind, ref at, type);
    }

    private static WatchEvent<T> Read(string kind, ref Utf8JsonReader at, JsonTypeInfo<T> type)
    {
        var known = kind switch
        {
            "ADDED" or "MODIFIED" => WatchKind.Present,
            "DELETED" => WatchKind.Deleted,
            "BOOKMARK" => WatchKind.Bookmark,
            _ => WatchKind.Unreadable,
        };
        try
        {
            return known != WatchKind.Unreadable && JsonSerializer.Deserialize(ref at, type) is { } read
                ? new WatchEvent<T>(known, read)
                : new WatchEvent<T>(WatchKind.Unreadable, null, $"an event of the type {kind} has no object");
        }
        catch (JsonException problem)
        {
            // One object that the gateway cannot read must not keep the others from it.
            return new WatchEvent<T>(WatchKind.Unreadable, null, problem.Message);
        }
    }
}
