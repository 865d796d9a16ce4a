using System.Text.RegularExpressions;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks how the health of TCP destinations is watched: ranges, and only the keys that the kind of check uses.</summary>
internal sealed partial class HealthCheckTopic : IConfigTopic
{
    private const int MaxInARow = 100;

    // The gateway reads 16 KB of an answer. What is expected has to fit in, and to be read by an operator.
    private const int MostBytes = 4096;
    private const string Escapes =
        @"a backslash begins \r, \n, \t, \\ or \xNN with two hexadecimal digits (in JSON each backslash is doubled)";

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, cluster) in context.Config.TcpProxy.Clusters)
        {
            var path = $"TcpProxy:Clusters:{name}:HealthCheck";
            if (cluster.HealthCheck?.Active is { } active)
            {
                CheckActive(context, $"{path}:Active", active);
            }

            if (cluster.HealthCheck?.Passive is { } passive)
            {
                CheckPassive(context, $"{path}:Passive", passive);
            }

            if (cluster.HealthCheck is { WhenUnhealthy: TcpUnhealthyAction.Close } check
                && (check.Active is { Enabled: false } || check is { Active: null, Passive: not null }))
            {
                context.Error(
                    $"{path}:WhenUnhealthy",
                    "Close needs checks that take addresses out of use: switch Active on (clients' connects leave live connections alone)");
            }
        }
    }

    private static void CheckActive(ValidationContext context, string path, TcpActiveHealthCheckConfig check)
    {
        // More frequent checks are a considerable load; less frequent checks are of no use.
        Range.Check(context, $"{path}:Interval", check.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range.Check(context, $"{path}:Timeout", check.Timeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Range.Check(context, $"{path}:Rise", check.Rise, 1, MaxInARow);
        Range.Check(context, $"{path}:Fall", check.Fall, 1, MaxInARow);
        if (check.Port is { } port)
        {
            Range.Check(context, $"{path}:Port", port, 1, ushort.MaxValue);
        }

        if (check.Kind == TcpHealthCheckKind.Exchange)
        {
            CheckExchange(context, path, check);
        }
        else
        {
            context.NotApplicable(path, $"Kind is {check.Kind}, this is for Exchange", "Send", "Expect");
        }

        if (check.Kind == TcpHealthCheckKind.Http)
        {
            CheckHttp(context, path, check);
        }
        else
        {
            context.NotApplicable(path, $"Kind is {check.Kind}, this is for Http", "Path", "Host", "Statuses");
        }
    }

    private static void CheckExchange(ValidationContext context, string path, TcpActiveHealthCheckConfig check)
    {
        if (string.IsNullOrEmpty(check.Expect))
        {
            context.Missing(path, "Expect", "what a healthy destination answers, as \"+PONG\"");
        }

        CheckBytes(context, $"{path}:Send", check.Send);
        CheckBytes(context, $"{path}:Expect", check.Expect);
    }

    private static void CheckBytes(ValidationContext context, string path, string? text)
    {
        if (text is null)
        {
            return;
        }

        if (ByteText.TryParse(text) is not { } bytes)
        {
            context.Error(path, Escapes);
        }
        else if (bytes.Bytes.Length > MostBytes)
        {
            context.Error(path, $"must be at most {MostBytes} bytes");
        }
    }

    private static void CheckHttp(ValidationContext context, string path, TcpActiveHealthCheckConfig check)
    {
        if (!RequestTarget().IsMatch(check.Path))
        {
            context.Error($"{path}:Path", "must begin with / and contain neither blanks nor control characters: percent-encode them");
        }

        if (check.Host is { } host && !HostValue().IsMatch(host))
        {
            context.Error($"{path}:Host", "must be a host name or address, with or without a port");
        }

        if (check.Statuses.Count == 0)
        {
            context.Error($"{path}:Statuses", "at least one status: without any, no answer would be good");
        }

        for (var i = 0; i < check.Statuses.Count; i++)
        {
            if (!StatusRanges.IsRange(check.Statuses[i]))
            {
                context.Issues.Error(
                    $"{path}:Statuses:{i}",
                    ConfigIssue.Quote(check.Statuses[i]),
                    "must be a status from 100 to 599, or a range as \"200-399\"");
            }
        }
    }

    private static void CheckPassive(ValidationContext context, string path, TcpPassiveHealthCheckConfig check)
    {
        Range.Check(context, $"{path}:Failures", check.Failures, 1, MaxInARow);
        Range.Check(context, $"{path}:EjectionTime", check.EjectionTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range.Check(context, $"{path}:MaxEjectedPercent", check.MaxEjectedPercent, 1, 100);
    }

    [GeneratedRegex(@"^/[!-~]{0,2047}\z")]
    private static partial Regex RequestTarget();

    [GeneratedRegex(@"^[A-Za-z0-9._:\[\]-]{1,261}\z")]
    private static partial Regex HostValue();
}
