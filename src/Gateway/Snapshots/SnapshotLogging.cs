namespace Gateway.Snapshots;

/// <summary>Feeds the section Logging of the configuration in force to the logging framework; a broken file never reaches it.</summary>
internal sealed class SnapshotLogging : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Puts a section in force.</summary>
    /// <exception cref="Exception">The logging library cannot read it; the caller puts the old one back.</exception>
    public void Update(IReadOnlyDictionary<string, string?> logging)
    {
        if (Data.Count == logging.Count && logging.All(pair => Data.TryGetValue(pair.Key, out var value) && value == pair.Value))
        {
            return;
        }
        Data = new Dictionary<string, string?>(logging, StringComparer.OrdinalIgnoreCase);
        OnReload();
    }
}
