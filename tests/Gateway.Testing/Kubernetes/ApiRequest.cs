using System.Diagnostics.CodeAnalysis;

namespace Gateway.Testing.Kubernetes;

/// <summary>What a path names: objects of a type, or one object, or a part of it.</summary>
/// <param name="Kind">The type.</param>
/// <param name="Namespace">The namespace; null: all, or none.</param>
/// <param name="Name">The object; null: all.</param>
/// <param name="Part">Such as status; null: the whole object.</param>
internal sealed record ApiRequest(ApiKind Kind, string? Namespace, string? Name, string? Part)
{
    /// <summary>Reads a path.</summary>
    public static bool TryParse(string path, IReadOnlyCollection<ApiKind> kinds, [NotNullWhen(true)] out ApiRequest? request)
    {
        request = null;
        string?[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = parts switch
        {
            ["api", var core, .. var names] => ("", core, names),
            ["apis", var other, var number, .. var names] => (other, number, names),
            _ => (null, null, []),
        };
        if (rest is ["namespaces", var ns, var inside, ..] && inside != "status")
        {
            rest = rest[2..];
        }
        else
        {
            ns = null;
        }

        if (rest.Length is 0 or > 3
            || kinds.FirstOrDefault(kind => (kind.Group, kind.Version, kind.Plural) == (group, version, rest[0])) is not { } found)
        {
            return false;
        }

        request = new ApiRequest(found, ns, rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2));
        return true;
    }
}
