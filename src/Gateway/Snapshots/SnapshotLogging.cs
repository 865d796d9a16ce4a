namespace Gateway.Snapshots;

/// <summary>
/// Passes the section Logging of the configuration in force to the logging framework. A broken file never reaches the framework.
/// </summary>
internal sealed class SnapshotLogging : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Puts a section in force.</summary>
    /// <exception cref="Exception">The logging library cannot read the section, and the old one is in force again.</exception>
    public void Update(IReadOnlyDictionary<string, string?> logging)
    {
        if (Data.Count == logging.Count && logging.All(pair => Data.TryGetValue(pair.Key, out var value) && value == pair.Value))
        {
            return;
        }
        var old = Data;
        Data = new Dictionary<string, string?>(logging, StringComparer.OrdinalIgnoreCase);
        try
        {
            OnReload();
        }
        catch
        {
            Data = old;
            OnReload();
            throw;
        }
    }
}
