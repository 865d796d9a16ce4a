using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Kubernetes.Client;

/// <summary>The object Status, with which the API server says what is wrong.</summary>
internal sealed partial record ApiStatus
{
    /// <summary>What is wrong, in a sentence.</summary>
    public string? Message { get; init; }

    /// <summary>What is wrong, in one word.</summary>
    public string? Reason { get; init; }

    /// <summary>The HTTP status.</summary>
    public int Code { get; init; }

    /// <summary>Reads a Status; null if the bytes are none.</summary>
    public static ApiStatus? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Json.Default.ApiStatus);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a Status where a reader stands.</summary>
    public static ApiStatus Read(ref Utf8JsonReader reader) => JsonSerializer.Deserialize(ref reader, Json.Default.ApiStatus) ?? new();

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(ApiStatus))]
    private sealed partial class Json : JsonSerializerContext;
}
