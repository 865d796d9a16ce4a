using Gateway.Configuration;

namespace Gateway.Kubernetes.Client;

/// <summary>Where the API server is, and what proves to it who asks.</summary>
/// <param name="Server">The address of the API server.</param>
/// <param name="TokenPath">The file with the bearer token; null: requests carry none.</param>
/// <param name="CaPath">The file with the CAs that may sign the server's certificate; null: the machine's CAs.</param>
/// <param name="Namespace">The namespace of this pod; null: unknown, because the process runs outside of a cluster.</param>
internal sealed record ApiAccess(Uri Server, string? TokenPath, string? CaPath, string? Namespace = null)
{
    /// <summary>Where Kubernetes puts the token, the CA and the namespace of a pod's service account.</summary>
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Resolves the section <c>Kubernetes</c>. A key that is null has the value that a pod finds in its own container.</summary>
    /// <param name="config">The section; null: there is none.</param>
    /// <param name="environment">The environment, for KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT.</param>
    /// <param name="folder">The folder of the service account.</param>
    /// <returns>Null: there is no API server, because neither the section nor the environment names it.</returns>
    public static ApiAccess? From(
        KubernetesConfig? config, IReadOnlyDictionary<string, string> environment, string folder = ServiceAccountFolder)
    {
        var server = config?.ApiServer is { } written ? new Uri(written) : FromEnvironment(environment);
        return server is null ? null : new ApiAccess(
            server,
            config?.TokenPath ?? IfThere(folder, "token"),
            config?.CaPath ?? IfThere(folder, "ca.crt"),
            IfThere(folder, "namespace") is { } path ? File.ReadAllText(path).Trim() : null);
    }

    private static Uri? FromEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host)
        {
            return null;
        }

        var port = environment.GetValueOrDefault("KUBERNETES_SERVICE_PORT") is { Length: > 0 } text ? text : "443";
        return Uri.TryCreate($"https://{(host.Contains(':') ? $"[{host}]" : host)}:{port}", UriKind.Absolute, out var uri) ? uri : null;
    }

    private static string? IfThere(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? path : null;
    }
}
