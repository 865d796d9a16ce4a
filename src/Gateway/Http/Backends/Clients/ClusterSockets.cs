using System.Globalization;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Sockets of the connections to the destinations of an HTTP cluster: the keys <c>Socket.*</c> and <c>KeepAlive.*</c> in the cluster's
/// Metadata. Metadata is the only place for them, because YARP's schema has no such keys. The names and values are those of a listener.
/// </summary>
/// <param name="Socket">Buffers and DSCP. Defaults to the kernel's.</param>
/// <param name="KeepAlive">
/// Keep-alive probes and TCP_USER_TIMEOUT. Defaults to those of listeners: clouds and stateful firewalls forget idle flows after 240 to
/// 350 s, and a destination that died without a FIN is found within two minutes, although no activity timeout is set.
/// </param>
internal sealed record ClusterSockets(SocketConfig Socket, KeepAliveConfig KeepAlive)
{
    /// <summary>The beginning of the keys of <see cref="Socket"/>. A dot, because a colon would end the key.</summary>
    public const string SocketPrefix = "Socket.";

    /// <summary>The beginning of the keys of <see cref="KeepAlive"/>.</summary>
    public const string KeepAlivePrefix = "KeepAlive.";

    private const string NotANumber = "must be a whole number";

    private static readonly string[] Keys =
    [
        SocketPrefix + nameof(SocketConfig.SendBufferBytes),
        SocketPrefix + nameof(SocketConfig.ReceiveBufferBytes),
        SocketPrefix + nameof(SocketConfig.Dscp),
        KeepAlivePrefix + nameof(KeepAliveConfig.Enabled),
        KeepAlivePrefix + nameof(KeepAliveConfig.Time),
        KeepAlivePrefix + nameof(KeepAliveConfig.Interval),
        KeepAlivePrefix + nameof(KeepAliveConfig.Retries),
        KeepAlivePrefix + nameof(KeepAliveConfig.UserTimeout),
    ];

    /// <summary>Reads a cluster's metadata.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="problem">Called for each wrong key with the key, its value and the rule; null: the metadata is valid.</param>
    public static ClusterSockets Read(IReadOnlyDictionary<string, string>? metadata, Action<string, string, string>? problem = null)
    {
        var result = new ClusterSockets(new(), new());
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
        {
            if (key.StartsWith(SocketPrefix, StringComparison.OrdinalIgnoreCase)
                || key.StartsWith(KeepAlivePrefix, StringComparison.OrdinalIgnoreCase))
            {
                result = Read(result, key, value, out var rule);
                if (rule is not null)
                {
                    problem?.Invoke(key, value, rule);
                }
            }
        }

        return result;
    }

    private static ClusterSockets Read(ClusterSockets so, string key, string value, out string? rule)
    {
        rule = null;
        switch (Array.Find(Keys, known => known.Equals(key, StringComparison.OrdinalIgnoreCase)))
        {
            case "Socket.SendBufferBytes":
                return so with { Socket = so.Socket with { SendBufferBytes = Number(value, ref rule) } };
            case "Socket.ReceiveBufferBytes":
                return so with { Socket = so.Socket with { ReceiveBufferBytes = Number(value, ref rule) } };
            case "Socket.Dscp":
                return so with { Socket = so.Socket with { Dscp = Number(value, ref rule) } };
            case "KeepAlive.Enabled":
                rule = bool.TryParse(value, out var isEnabled) ? null : "must be true or false";
                return so with { KeepAlive = so.KeepAlive with { Enabled = isEnabled } };
            case "KeepAlive.Retries":
                return so with { KeepAlive = so.KeepAlive with { Retries = Number(value, ref rule) ?? so.KeepAlive.Retries } };
            case "KeepAlive.Time":
                return so with { KeepAlive = so.KeepAlive with { Time = Time(value, ref rule) ?? so.KeepAlive.Time } };
            case "KeepAlive.Interval":
                return so with { KeepAlive = so.KeepAlive with { Interval = Time(value, ref rule) ?? so.KeepAlive.Interval } };
            case "KeepAlive.UserTimeout":
                return so with { KeepAlive = so.KeepAlive with { UserTimeout = Time(value, ref rule) } };
            default:
                rule = "unknown key" + Suggestion.For(key, Keys);
                return so;
        }
    }

    private static int? Number(string value, ref string? rule)
    {
        var isNumber = int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        rule = isNumber ? null : NotANumber;
        return isNumber ? number : null;
    }

    private static TimeSpan? Time(string value, ref string? rule)
    {
        var isTime = Duration.TryParse(value, out var time);
        rule = isTime ? null : Duration.Rule;
        return isTime ? time : null;
    }
}
