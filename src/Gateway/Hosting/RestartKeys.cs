using Gateway.Configuration;
using Gateway.Observability;

namespace Gateway.Hosting;

/// <summary>
/// Handles keys that are read only at start, so that a new value waits for the next start. The configuration in force keeps the values that
/// are in use, so that its readers, such as the self-test, see these values. A Warning is logged for each key that differs, and again only
/// when its value changes.
/// </summary>
internal sealed partial class RestartKeys(GatewayConfig started, ConfigMetrics metrics, ILogger<RestartKeys> logger)
{
    private readonly Dictionary<string, object?> _told = [];

    /// <summary>The paths of all keys.</summary>
    public static IReadOnlyCollection<string> Paths { get; } = [.. RestartKey.All.Select(static key => key.Path)];

    /// <summary>The configuration with the values in use, which can be put in force.</summary>
    public GatewayConfig InUse(GatewayConfig config) => RestartKey.All.Aggregate(config, (all, key) => key.Keep(all, started));

    /// <summary>Logs the keys of an accepted file whose values wait for the next start.</summary>
    /// <param name="config">The file's configuration, as written.</param>
    public void Tell(GatewayConfig config)
    {
        foreach (var key in RestartKey.All)
        {
            var (inUse, written) = (key.Read(started), key.Read(config));
            if (Equals(inUse, written))
            {
                _told.Remove(key.Path);
            }
            else if (!_told.TryGetValue(key.Path, out var told) || !Equals(told, written))
            {
                _told[key.Path] = written;
                Log.Waits(logger, key.Path, Show(written), Show(inUse));
            }
        }

        metrics.IsRestartRequired = _told.Count > 0;
    }

    private static string Show(object? value) => value is null ? "its default" : FormattableString.Invariant($"{value}");

    private static partial class Log
    {
        [LoggerMessage(
            1033,
            LogLevel.Warning,
            "{Key} is read at start only: the file says {Written}, {InUse} stays in use until the gateway is started again"
        )]
        public static partial void Waits(ILogger logger, string key, string written, string inUse);
    }
}
