using System.Globalization;
using System.Text.Json.Serialization;

namespace Gateway.Kubernetes.Client;

/// <summary>The metadata of an object.</summary>
internal sealed record ObjectMeta
{
    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The namespace; empty: the object belongs to no namespace.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";

    /// <summary>The identity: an object that was deleted and made anew has another one.</summary>
    public string? Uid { get; init; }

    /// <summary>The version of the object.</summary>
    public string ResourceVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Counts the changes of the specification.</summary>
    public long Generation { get; init; }

    /// <summary>When the object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>When the deletion was asked for; null: it was not.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>Labels.</summary>
    public Dictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations.</summary>
    public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>Namespace and name.</summary>
    [JsonIgnore]
    public ResourceKey Key => new(Namespace, Name);

    /// <summary>
    /// The version as a number; 0: it is none. Kubernetes promises since 1.35 that versions of a type are numbers that grow. Before, they
    /// were, without a promise.
    /// </summary>
    public static ulong NumberOf(string version) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
