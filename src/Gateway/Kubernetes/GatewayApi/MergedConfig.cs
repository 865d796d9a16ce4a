using Gateway.Configuration.Loading;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>The configuration of the file together with what the objects of the cluster add.</summary>
/// <param name="Result">A valid configuration.</param>
/// <param name="Objects">What the objects mean, and what their statuses say.</param>
/// <param name="Problem">Why both cannot be in force together, and no entry of the cluster is to blame; null: they can.</param>
internal sealed record MergedConfig(ConfigResult Result, TranslatedObjects Objects, string? Problem = null)
{
    /// <summary>Finds the entries of the cluster that problems of the host are about, such as a port in use.</summary>
    /// <param name="problems">Problems, each of which begins with its key path.</param>
    /// <returns>The problems by key path; empty: none is about the cluster.</returns>
    public IReadOnlyDictionary<string, string> OfCluster(IEnumerable<string> problems)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var problem in problems)
        {
            if (ConfigMerge.OriginOf(Objects, problem) is { } entry)
            {
                // Up to the first blank: "Listeners:NAME:Address = …" or "Listeners:NAME:Address: …".
                var path = problem.Split(' ')[0].TrimEnd(':');
                found[path.Length >= entry.Length ? path : entry] = problem;
            }
        }

        return found;
    }
}
