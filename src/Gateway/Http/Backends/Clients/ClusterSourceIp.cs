using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Reading;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// How the destinations of an HTTP cluster learn the client's address in addition to the headers: the keys <c>SourceIp.*</c> in the
/// cluster's Metadata. Metadata is the only place for them, because YARP's schema has no such keys. The names and values are those of TCP
/// routes.
/// </summary>
internal sealed record ClusterSourceIp
{
    /// <summary>The beginning of all keys. A dot, because a colon would end the key.</summary>
    public const string Prefix = "SourceIp.";

    /// <summary>
    /// The key of added TLVs. Each TLV has its own key, such as <c>AddTlvs.Authority</c>, because Metadata holds only strings.
    /// </summary>
    public const string AddTlvs = "AddTlvs";

    /// <summary>The keys, without the prefix.</summary>
    public static readonly string[] Keys =
    [
        "Mode",
        "Version",
        "PassThroughTlvs",
        AddTlvs,
        "MaxHeaderBytes",
        "Mark",
        "Fallback",
        "MaxClients",
        "IdleTimeout",
    ];

    private static readonly TimeSpan MaxIdleTimeout = TimeSpan.FromHours(1);

    // A snapshot's metadata do not change, and go with the snapshot.
    private static readonly ConditionalWeakTable<IReadOnlyDictionary<string, string>, StrongBox<ClusterSourceIp?>> Known = [];

    /// <summary>The mode and its settings.</summary>
    public required SourceIpConfig Config { get; init; }

    /// <summary>The most clients that have connections to destinations at once. Defaults to 10,000.</summary>
    public int MaxClients { get; init; } = 10_000;

    /// <summary>Whether the file sets <see cref="MaxClients"/>. Only then does the operator count on so many clients.</summary>
    public bool IsMaxClientsWritten { get; init; }

    /// <summary>How long a client's connections stay without a request. Defaults to 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The keys as written. Two sections with the same text are equal.</summary>
    private string Text { get; init; } = "";

    /// <summary>
    /// Whether a PROXY header may be sent. The header names the client's port and the destination, so these tell clients apart, too.
    /// </summary>
    public bool Announces =>
        Config.Mode == SourceIpMode.ProxyProtocol
        || (Config.Mode == SourceIpMode.Transparent && Config.Fallback == SourceIpFallback.ProxyProtocol);

    /// <summary>The settings of a cluster of a valid configuration. Its metadata are read once.</summary>
    /// <param name="metadata">The cluster's metadata.</param>
    /// <returns>Null if the destinations learn the client's address from headers only.</returns>
    public static ClusterSourceIp? Of(IReadOnlyDictionary<string, string>? metadata) => metadata is null
        ? null
        : Known.GetValue(metadata, static valid => new(Read(valid, static (_, _, _) => { }))).Value;

    /// <summary>Reads a cluster's metadata.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="problem">Called for each wrong key with the key, its value and the rule.</param>
    /// <returns>Null if the destinations learn the client's address from headers only.</returns>
    public static ClusterSourceIp? Read(IReadOnlyDictionary<string, string>? metadata, Action<string, string?, string> problem)
    {
        var written = (metadata ?? new Dictionary<string, string>())
            .Where(static pair => pair.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(static pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .ToList();
        if (written.Count == 0)
        {
            return null;
        }

        var result = new ClusterSourceIp
        {
            Config = new SourceIpConfig(),
            Text = string.Join('\n', written.Select(static pair => $"{pair.Key}={pair.Value}")),
        };
        foreach (var (key, value) in written)
        {
            result = Read(result, key[Prefix.Length..], value, out var rule);
            if (rule is not null)
            {
                problem(key, value, rule);
            }
        }

        return result;
    }

    /// <summary>Compares the texts.</summary>
    public bool Equals(ClusterSourceIp? other) => other is not null && string.Equals(Text, other.Text, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.OrdinalIgnoreCase);

    private static ClusterSourceIp Read(ClusterSourceIp so, string key, string value, out string? rule)
    {
        rule = null;
        if (key.StartsWith($"{AddTlvs}.", StringComparison.OrdinalIgnoreCase))
        {
            return so with
            {
                Config = so.Config with
                {
                    AddTlvs = new Dictionary<string, string>(so.Config.AddTlvs) { [key[(AddTlvs.Length + 1)..]] = value },
                },
            };
        }

        switch (Keys.FirstOrDefault(known => known.Equals(key, StringComparison.OrdinalIgnoreCase)))
        {
            case "Mode":
                return so with { Config = so.Config with { Mode = ModeOf(value, out rule) } };
            case "Version":
                return so with { Config = so.Config with { Version = Choice<ProxyProtocolVersion>(value, out rule) } };
            case "Fallback":
                return so with { Config = so.Config with { Fallback = Choice<SourceIpFallback>(value, out rule) } };
            case "PassThroughTlvs":
                return so with { Config = so.Config with { PassThroughTlvs = value.Split(',', StringSplitOptions.TrimEntries) } };
            case AddTlvs:
                rule = $"write a key for each TLV: \"{Prefix}{AddTlvs}.Authority\": \"{{route}}\"";
                return so;
            case "MaxHeaderBytes":
                return so with
                {
                    Config = so.Config with
                    {
                        MaxHeaderBytes = Number(value, ProxyHeaderWriter.MinV2Length, ProxyHeaderWriter.MaxV2Length, out rule),
                    },
                };
            case "Mark":
                return so with { Config = so.Config with { Mark = Number(value, 1, int.MaxValue, out rule) } };
            case "MaxClients":
                return so with { MaxClients = Number(value, 1, 1_000_000, out rule), IsMaxClientsWritten = true };
            case "IdleTimeout":
                var isGood = Duration.TryParse(value, out var idle);
                rule = !isGood ? Duration.Rule : idle < TimeSpan.FromSeconds(1) || idle > MaxIdleTimeout ? "must be from 1 s to 1 h" : null;
                return rule is null ? so with { IdleTimeout = idle } : so;
            default:
                rule = key.Equals("Port", StringComparison.OrdinalIgnoreCase)
                    ? "does not apply: a client's requests may need several connections, and its port is good for one"
                    : "unknown key" + Suggestion.For(key, Keys);
                return so;
        }
    }

    private static SourceIpMode? ModeOf(string value, out string? rule)
    {
        rule = value.ToUpperInvariant() switch
        {
            "PROXYPROTOCOL" or "TRANSPARENT" or "NONE" => null,
            "TOA" => "Toa is for TCP routes; an HTTP cluster has ProxyProtocol, Transparent and None",
            "DNAT" => "Dnat is for TCP routes, whose packets the kernel forwards; an HTTP cluster has ProxyProtocol, Transparent and None",
            _ => "must be one of ProxyProtocol, Transparent, None",
        };
        return rule is null ? Enum.Parse<SourceIpMode>(value, ignoreCase: true) : null;
    }

    // Accepts names only, because Enum.TryParse would also accept "7".
    private static T Choice<T>(string value, out string? rule)
        where T : struct, Enum
    {
        var isName = Enum.GetNames<T>().Contains(value, StringComparer.OrdinalIgnoreCase);
        rule = isName ? null : "must be one of " + string.Join(", ", Enum.GetNames<T>());
        return isName ? Enum.Parse<T>(value, ignoreCase: true) : default;
    }

    private static int Number(string value, int least, int most, out string? rule)
    {
        var isGood =
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
        rule = isGood ? null : $"must be a whole number from {least} to {most}";
        return isGood ? number : least;
    }
}
