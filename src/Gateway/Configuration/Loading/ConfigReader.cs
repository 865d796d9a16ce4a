using System.Collections;
using Gateway.Configuration.Files;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Validation;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Loading;

/// <summary>Reads and validates a configuration from the file and the environment.</summary>
internal static class ConfigReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="environment">Environment variables, see <see cref="ProcessEnvironment"/>.</param>
    /// <param name="yarp">YARP's validator; null: one with YARP's defaults.</param>
    /// <returns>The configuration, or all errors. No kind or content of the file causes an exception.</returns>
    public static ConfigResult Read(string path, IReadOnlyDictionary<string, string> environment, IConfigValidator? yarp = null)
    {
        if (ConfigFileText.TryRead(path, out var text, out var error))
        {
            return Parse(text, environment, yarp);
        }

        var issues = new ConfigIssues();
        issues.Error("", ConfigIssue.Quote(path), error);
        return Failed(issues);
    }

    /// <summary>Reads a file's text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="yarp">YARP's validator; null: one with YARP's defaults.</param>
    /// <returns>The configuration, or all errors.</returns>
    public static ConfigResult Parse(string json, IReadOnlyDictionary<string, string> environment, IConfigValidator? yarp = null)
    {
        var issues = new ConfigIssues();
        var root = JsonTree.Read(json, issues);
        if (root is null)
        {
            return Failed(issues);
        }

        EnvironmentOverlay.Apply(root, environment, issues);
        var binder = new StrictBinder(issues);
        var config = binder.Bind(root);
        var context = new ValidationContext(config, binder.Written, issues);
        ConfigValidators.Run(context, yarp);

        var flat = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (root.Members.TryGetValue(nameof(GatewayConfig.Logging), out var logging))
        {
            logging.Flatten(nameof(GatewayConfig.Logging), flat);
        }

        return Result(issues.ErrorCount == 0 ? ConfigResolver.Resolve(config) : null, issues, flat);
    }

    /// <summary>This process's environment variables.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");

    private static ConfigResult Failed(ConfigIssues issues) => Result(null, issues, new Dictionary<string, string?>());

    private static ConfigResult Result(GatewayConfig? config, ConfigIssues issues, IReadOnlyDictionary<string, string?> flat) =>
        new(config, issues.Errors, issues.Warnings, flat) { ErrorCount = issues.ErrorCount, WarningCount = issues.WarningCount };
}
