using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>The input of a validator, and the place where the validator reports errors.</summary>
/// <param name="Config">
/// The configuration as read. A value that could not be read has its default, so a validator must not assume that references are valid.
/// </param>
/// <param name="Written">The keys in the file, by path, with their values as issues show them.</param>
/// <param name="Issues">Collects errors and warnings.</param>
internal sealed record ValidationContext(GatewayConfig Config, IReadOnlyDictionary<string, string> Written, ConfigIssues Issues)
{
    /// <summary>All addresses that this gateway listens on, with their key paths. Addresses that cannot be read are left out.</summary>
    public IReadOnlyList<(string Path, string Text, ListenAddress Address)> Addresses { get; } = [.. ReadAddresses(Config)];

    /// <summary>All PROXY protocol policies with their key paths.</summary>
    public IEnumerable<(string Path, ProxyProtocolConfig Policy)> ProxyProtocolPolicies()
    {
        foreach (var (name, listener) in Config.Listeners)
        {
            if (listener.ProxyProtocol is { } policy)
            {
                yield return ($"Listeners:{name}:ProxyProtocol", policy);
            }
        }

        if (Config.Probes?.ProxyProtocol is { } probes)
        {
            yield return ("Probes:ProxyProtocol", probes);
        }
    }

    /// <summary>All listen addresses as written, with their key paths.</summary>
    public static IEnumerable<(string Path, string? Text)> AddressTexts(GatewayConfig config)
    {
        foreach (var (name, listener) in config.Listeners)
        {
            yield return ($"Listeners:{name}:Address", listener.Address);
        }

        if (config.Probes is { } probes)
        {
            yield return ("Probes:Address", probes.Address);
        }

        if (config.Admin is { } admin)
        {
            yield return ("Admin:Address", admin.Address);
        }
    }

    /// <summary>
    /// Reports a missing required key. Does not report a key that was written but could not be read, because this was reported already.
    /// </summary>
    /// <param name="path">Key path of the section that needs the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="cure">What to write.</param>
    public void Missing(string path, string key, string cure)
    {
        var keyPath = KeyPath.Join(path, key);
        if (!Issues.HasErrorAtOrBelow(keyPath))
        {
            Issues.Error(keyPath, Written.GetValueOrDefault(keyPath), $"required: {cure}");
        }
    }

    /// <summary>Reports a doubtful value as it was written.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="message">Why, and the cure.</param>
    public void Warning(string path, string message) => Issues.Warning(path, Written.GetValueOrDefault(path), message);

    /// <summary>Reports a wrong value as it was written.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="message">Rule and cure.</param>
    public void Error(string path, string message) => Issues.Error(path, Written.GetValueOrDefault(path), message);

    /// <summary>Reports keys that were written although they have no effect in their section.</summary>
    /// <param name="path">Key path of the section.</param>
    /// <param name="why">Why the keys have no effect.</param>
    /// <param name="keys">The keys.</param>
    public void NotApplicable(string path, string why, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (Written.TryGetValue(KeyPath.Join(path, key), out var value))
            {
                Issues.Error(KeyPath.Join(path, key), value, $"does not apply: {why}");
            }
        }
    }

    private static IEnumerable<(string Path, string Text, ListenAddress Address)> ReadAddresses(GatewayConfig config)
    {
        foreach (var (path, text) in AddressTexts(config))
        {
            if (ListenAddress.TryParse(text, out var address))
            {
                yield return (path, text!, address);
            }
        }
    }
}
