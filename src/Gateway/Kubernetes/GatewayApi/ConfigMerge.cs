using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Configuration.Validation;
using Gateway.Kubernetes.GatewayApi.Translation;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>
/// Adds what the objects of a cluster mean to the configuration of the file. The file's validation judges both together. An entry that it
/// refuses is left out in the next attempt, its object's status says why, and all other entries stay.
/// </summary>
internal static class ConfigMerge
{
    /// <summary>Merges.</summary>
    /// <param name="file">The file's configuration, which is valid.</param>
    /// <param name="className">The GatewayClass.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="refused">Entries that this host cannot run, by key path.</param>
    /// <param name="yarp">YARP's validator; null: one with YARP's defaults.</param>
    public static MergedConfig Merge(
        ConfigResult file,
        string className,
        ClusterObjects objects,
        IReadOnlyDictionary<string, string>? refused = null,
        IConfigValidator? yarp = null)
    {
        var config = file.Config ?? throw new ArgumentException("The configuration has errors.", nameof(file));
        var without = new Dictionary<string, string>(refused ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase);
        // Ends, because each attempt leaves out at least one more entry. A number of attempts would be no limit: a validation keeps its
        // first errors alone, and the 256 networks of one policy have more, so a few such policies would take the routes of all others
        // away.
        while (true)
        {
            var translated = GatewayTranslator.Translate(className, objects, new RefusedEntries(without));
            var issues = ProblemsOf(config, translated, yarp);
            if (issues.Count == 0)
            {
                var both = ConfigResolver.Resolve(Add(config, translated));
                return new MergedConfig(file with { Config = both, Origins = translated.Origins }, translated);
            }

            var count = without.Count;
            foreach (var (path, message) in issues)
            {
                if (OriginOf(translated, path) is not null)
                {
                    without[path] = message;
                }
                else if (OriginIn(translated, message) is { } entry)
                {
                    without[entry] = $"{path}: {message}";
                }
            }

            if (without.Count == count)
            {
                var problem = string.Join("; ", issues.Select(static issue => $"{issue.Path}: {issue.Message}"));
                return new MergedConfig(file, new TranslatedObjects(), problem);
            }
        }
    }

    /// <summary>The entry of the cluster that a key path leads into; null: it leads into the file.</summary>
    public static string? OriginOf(TranslatedObjects translated, string path) => translated.Origins.Keys.FirstOrDefault(entry =>
        path.StartsWith(entry, StringComparison.OrdinalIgnoreCase) && (path.Length == entry.Length || path[entry.Length] is ':' or ' '));

    // The entry that an error of the file is about, such as an address of the file that a listener of the cluster wants: the path of its
    // address or, if the error names none, of the entry.
    private static string? OriginIn(TranslatedObjects translated, string message)
    {
        foreach (var entry in translated.Origins.Keys.OrderByDescending(static entry => entry.Length))
        {
            if (message.Contains($"{entry}:Address", StringComparison.OrdinalIgnoreCase))
            {
                return $"{entry}:Address";
            }

            if (message.Contains(entry, StringComparison.OrdinalIgnoreCase))
            {
                return entry;
            }
        }

        return null;
    }

    private static List<(string Path, string Message)> ProblemsOf(
        GatewayConfig config, TranslatedObjects translated, IConfigValidator? yarp)
    {
        var taken = TakenNames(config, translated).ToList();
        if (taken.Count > 0)
        {
            return taken;
        }

        // Written is empty: the file's keys were checked when the file was read, and objects have no keys.
        var issues = new ConfigIssues();
        ConfigValidators.Run(new ValidationContext(Add(config, translated), new Dictionary<string, string>(), issues), yarp);
        return [.. issues.Errors.Select(static issue => (issue.Path, issue.Message))];
    }

    private static IEnumerable<(string Path, string Message)> TakenNames(GatewayConfig config, TranslatedObjects translated) =>
        Taken("Listeners:", config.Listeners.Keys, translated.Listeners.Keys)
            .Concat(Taken("TcpProxy:Routes:", config.TcpProxy.Routes.Keys, translated.Routes.Keys))
            .Concat(Taken("TcpProxy:Clusters:", config.TcpProxy.Clusters.Keys, translated.Clusters.Keys))
            .Concat(Taken(
                "ReverseProxy:Routes:", config.ReverseProxy.Routes.Select(static route => route.RouteId), translated.HttpRoutes.Keys))
            .Concat(Taken(
                "ReverseProxy:Clusters:",
                config.ReverseProxy.Clusters.Select(static cluster => cluster.ClusterId),
                translated.HttpClusters.Keys));

    private static IEnumerable<(string Path, string Message)> Taken(
        string section, IEnumerable<string> file, IEnumerable<string> cluster) =>
        cluster.Intersect(file, StringComparer.OrdinalIgnoreCase)
            .Select(name => (section + name, "the file has an entry with this name"));

    private static GatewayConfig Add(GatewayConfig config, TranslatedObjects translated) => config with
    {
        Listeners = Join(config.Listeners, translated.Listeners),
        TcpProxy = config.TcpProxy with
        {
            Routes = Join(config.TcpProxy.Routes, translated.Routes),
            Clusters = Join(config.TcpProxy.Clusters, translated.Clusters),
        },
        ReverseProxy = config.ReverseProxy with
        {
            Routes = [.. config.ReverseProxy.Routes, .. translated.HttpRoutes.Values],
            Clusters = [.. config.ReverseProxy.Clusters, .. translated.HttpClusters.Values],
        },
    };

    // The file's entries first, so that an entry of the cluster is to blame for a conflict.
    private static Dictionary<string, T> Join<T>(IReadOnlyDictionary<string, T> file, IReadOnlyDictionary<string, T> cluster)
    {
        var joined = new Dictionary<string, T>(file, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in cluster)
        {
            joined[name] = value;
        }

        return joined;
    }
}
