using Gateway.Configuration.Loading;
using Gateway.Kubernetes.Manifests;
using Gateway.Tcp.Telemetry;

namespace Gateway.Commands;

/// <summary>
/// <c>Gateway validate</c>: checks a file without running it, and prints what it will do. The host (ports, rights) is not checked.
/// </summary>
internal static class ValidateCommand
{
    /// <summary>Validates a file with this process's environment variables.</summary>
    /// <param name="path">The file.</param>
    /// <param name="objectsPath">Where objects of a cluster are described (<see cref="ManifestReader"/>); null: the file alone.</param>
    /// <param name="input">The standard input.</param>
    /// <param name="output">Takes the warnings, what the file will do, and the verdict in the last line.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1 if there are errors.</returns>
    public static int Run(string path, string? objectsPath, TextReader input, TextWriter output, TextWriter error)
    {
        var objectErrors = new List<string>();
        var manifests = objectsPath is null ? null : ManifestReader.Read(objectsPath, input, objectErrors);
        return Run(path, manifests, objectErrors, ConfigReader.ProcessEnvironment(), output, error);
    }

    /// <summary>Validates a file together with objects of a cluster.</summary>
    /// <param name="path">The file.</param>
    /// <param name="manifests">The objects; null: the file alone.</param>
    /// <param name="objectErrors">What could not be read of the objects; more is added.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="output">Takes the warnings, what will be done, and the verdict in the last line.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1 if there are errors.</returns>
    public static int Run(
        string path,
        IReadOnlyList<Manifest>? manifests,
        List<string> objectErrors,
        IReadOnlyDictionary<string, string> environment,
        TextWriter output,
        TextWriter error)
    {
        var result = ConfigReader.Read(path, environment);
        var warnings = result.Warnings.Select(static warning => warning.ToString()).ToList();
        if (result.Errors.Count == 0 && manifests is not null)
        {
            result = ObjectsCheck.Merge(result, manifests, warnings, objectErrors);
        }
        else if (result.Config?.Kubernetes is { GatewayClass: { Length: > 0 } name })
        {
            warnings.Add($"Kubernetes:GatewayClass = \"{name}\": what the objects of the cluster add is not seen here: "
                + "--objects PATH reads them from files.");
        }

        foreach (var warning in warnings)
        {
            output.WriteLine($"warning: {LogText.Sentence(warning)}");
        }

        foreach (var issue in result.Errors.Select(static issue => issue.ToString()).Concat(objectErrors))
        {
            error.WriteLine($"error: {LogText.Sentence(issue)}");
        }

        if (result.Errors.Count == 0)
        {
            new PlanText(result).Write(output);
        }

        // Of many errors in the file the first ones are printed, and all are counted.
        var errors = result.ErrorCount + objectErrors.Count;
        var verdict = errors == 0
            ? $"is valid ({Count(result.WarningCount + warnings.Count - result.Warnings.Count, "warning")})"
            : $"is not valid: {Count(errors, "error")}";
        (errors == 0 ? output : error).WriteLine($"{LogText.Sentence(path)} {verdict}");
        return errors == 0 ? 0 : 1;
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
