using System.Net;

namespace Gateway.Configuration.Validation;

/// <summary>Checks listeners: address, protocol, keys that fit the protocol, no two listeners on one port.</summary>
internal sealed class ListenersTopic : IConfigTopic
{
    // Linux: MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL are 32767 s, MAX_TCP_KEEPCNT is 127 (include/net/tcp.h).
    private const int MaxKeepAliveSeconds = 32767;
    private const int MaxKeepAliveRetries = 127;

    // The smallest value is one page of memory. The largest is larger than the windows in common use.
    private const int LeastRequestBuffer = 4096;
    private const int MostRequestBuffer = 16 * 1024 * 1024;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Listeners.Count == 0
            && context.Config.Kubernetes?.GatewayClass is null
            && !context.Written.ContainsKey("Listeners"))
        {
            context.Issues.Warning("Listeners", null, "there are no listeners: nothing is proxied");
        }

        foreach (var (name, listener) in context.Config.Listeners)
        {
            var path = $"Listeners:{name}";
            if (listener.Address is null)
            {
                context.Missing(path, "Address", ListenAddress.Rule);
            }

            if (listener.Protocol is null)
            {
                context.Missing(path, "Protocol", "Http, Https, Tcp or Tls");
            }

            if (listener.IsTcp)
            {
                context.NotApplicable(
                    path,
                    $"the listener's Protocol is {listener.Protocol}, this is for Http",
                    "HttpVersion",
                    "Transport",
                    "ForwardedHeaders",
                    "TlvHeaders",
                    "HttpLimits");
            }

            if (listener.Protocol == ListenerProtocol.Https)
            {
                context.NotApplicable(path, "the listener's Protocol is Https, where the handshake decides (ALPN)", "HttpVersion");
                context.NotApplicable(path, "the listener's Protocol is Https, which .NET's sockets carry", "Transport");
            }

            TlvsTopic.CheckHeaders(context, $"{path}:TlvHeaders", listener);
            TlvsTopic.CheckTrustDomains(context, $"{path}:Access:TrustDomains", listener);
            CheckKeepAlive(context, $"{path}:KeepAlive:", listener.KeepAlive);
            CheckHttpLimits(context, $"{path}:HttpLimits", listener.HttpLimits);
        }

        if (context.Config.Probes is { Address: null })
        {
            context.Missing("Probes", "Address", ListenAddress.Rule);
        }

        CheckAddresses(context);
    }

    private static void CheckAddresses(ValidationContext context)
    {
        foreach (var (path, text) in ValidationContext.AddressTexts(context.Config))
        {
            if (text is not null && !ListenAddress.TryParse(text, out _))
            {
                context.Issues.Error(path, ConfigIssue.Quote(text), ListenAddress.Rule);
            }
        }

        var addresses = context.Addresses;
        for (var i = 0; i < addresses.Count; i++)
        {
            var (path, text, address) = addresses[i];
            foreach (var other in addresses.Take(i).Where(other => other.Address.Overlaps(address)))
            {
                context.Issues.Error(
                    path,
                    ConfigIssue.Quote(text),
                    $"overlaps with {other.Path} (\"{other.Text}\"); use another port or address");
            }
        }

        foreach (var admin in addresses.Where(item => item.Path == "Admin:Address" && !IPAddress.IsLoopback(item.Address.EndPoint.Address)))
        {
            const string cure = "the admin listener is for this machine: others can reach it here; use Probes for probes and metrics";
            context.Issues.Warning(admin.Path, ConfigIssue.Quote(admin.Text), cure);
        }
    }

    /// <summary>Checks keep-alive of clients' or of destinations' connections.</summary>
    public static void CheckKeepAlive(ValidationContext context, string prefix, KeepAliveConfig keepAlive)
    {
        var limit = TimeSpan.FromSeconds(MaxKeepAliveSeconds);
        Range.Check(context, $"{prefix}Time", keepAlive.Time, TimeSpan.FromSeconds(1), limit);
        Range.Check(context, $"{prefix}Interval", keepAlive.Interval, TimeSpan.FromSeconds(1), limit);
        Range.Check(context, $"{prefix}Retries", keepAlive.Retries, 1, MaxKeepAliveRetries);
        if (keepAlive.UserTimeout is { } userTimeout)
        {
            Range.Check(context, $"{prefix}UserTimeout", userTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24));
        }

        if (keepAlive is { Enabled: true } && keepAlive.Time > TimeSpan.FromSeconds(240))
        {
            context.Warning($"{prefix}Time", "load balancers forget idle flows after 240 to 350 s: probe earlier");
        }
    }

    private static void CheckHttpLimits(ValidationContext context, string path, HttpLimitsConfig limits)
    {
        if (limits.MaxRequestBodyBytes is { } body)
        {
            Range.Check(context, $"{path}:MaxRequestBodyBytes", body, 0, long.MaxValue);
        }

        if (limits.MinRequestBodyBytesPerSecond is { } request)
        {
            Range.Check(context, $"{path}:MinRequestBodyBytesPerSecond", request, double.Epsilon, double.MaxValue);
        }

        if (limits.MinResponseBytesPerSecond is { } response)
        {
            Range.Check(context, $"{path}:MinResponseBytesPerSecond", response, double.Epsilon, double.MaxValue);
        }

        Range.Check(context, $"{path}:RequestBufferBytes", limits.RequestBufferBytes, LeastRequestBuffer, MostRequestBuffer);
        Range.CheckTimeout(context, $"{path}:ResponseStallTimeout", limits.ResponseStallTimeout);
        Range.Check(context, $"{path}:MaxStreamsPerConnection", limits.MaxStreamsPerConnection, 1, int.MaxValue);
        Range.CheckTimeout(context, $"{path}:KeepAliveTimeout", limits.KeepAliveTimeout);
        Range.CheckTimeout(context, $"{path}:RequestHeadersTimeout", limits.RequestHeadersTimeout);
        if (limits.MaxConnectionDuration is { } duration)
        {
            Range.CheckTimeout(context, $"{path}:MaxConnectionDuration", duration);
        }
        else
        {
            context.NotApplicable(path, "there is no MaxConnectionDuration", "MaxConnectionDurationJitter");
        }

        Range.Check(context, $"{path}:MaxConnectionDurationJitter", limits.MaxConnectionDurationJitter, 0, 1);
        // The upper ends bound memory: with HTTP/2 the server gets a multiple of each value (HeaderLimits), and may hold that much for one
        // request.
        Range.Check(context, $"{path}:MaxRequestHeaderCount", limits.MaxRequestHeaderCount, 1, 10_000);
        Range.Check(context, $"{path}:MaxRequestHeadersBytes", limits.MaxRequestHeadersBytes, 1024, 1024 * 1024);
        Range.Check(context, $"{path}:MaxRequestLineBytes", limits.MaxRequestLineBytes, 256, 1024 * 1024);
    }
}
