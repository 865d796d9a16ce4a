using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks the limits of listeners, of their clients, and of TCP routes.</summary>
internal sealed class LimitsTopic : IConfigTopic
{
    // Lower rates would be a ban. At a higher rate the bucket of a client would be full again within a microsecond.
    private const double LeastPerSecond = 0.001;
    private const double MostPerSecond = 1_000_000;
    private const int MostBurst = 1_000_000;

    // More than any network card.
    private const long MostBytesPerSecond = 1_000_000_000_000;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            var path = $"Listeners:{name}:Limits";
            if (listener.Limits is { } limits)
            {
                CheckMost(context, $"{path}:MaxConnections", limits.MaxConnections);
                CheckClient(context, $"{path}:PerClient", limits.PerClient);
            }
        }

        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            var path = $"TcpProxy:Routes:{name}:Limits";
            CheckMost(context, $"{path}:MaxConnections", route.Limits?.MaxConnections);
            CheckBandwidth(context, $"{path}:BytesPerSecondToBackend", route.Limits?.BytesPerSecondToBackend);
            CheckBandwidth(context, $"{path}:BytesPerSecondToClient", route.Limits?.BytesPerSecondToClient);
        }
    }

    private static void CheckClient(ValidationContext context, string path, PerClientLimitsConfig? limits)
    {
        if (limits is null)
        {
            return;
        }

        CheckMost(context, $"{path}:MaxConnections", limits.MaxConnections);
        if (limits.ConnectionsPerSecond is { } rate)
        {
            Range.Check(context, $"{path}:ConnectionsPerSecond", rate, LeastPerSecond, MostPerSecond);
        }
        else if (!context.Issues.HasError($"{path}:ConnectionsPerSecond"))
        {
            context.NotApplicable(path, "there is no ConnectionsPerSecond", "Burst");
        }

        if (limits.Burst is { } burst)
        {
            Range.Check(context, $"{path}:Burst", burst, 1, MostBurst);
        }

        Range.Check(context, $"{path}:IPv4PrefixLength", limits.IPv4PrefixLength, 1, 32);
        Range.Check(context, $"{path}:IPv6PrefixLength", limits.IPv6PrefixLength, 1, 128);
        if (limits is { MaxConnections: null, ConnectionsPerSecond: null } && !context.Issues.HasErrorAtOrBelow(path))
        {
            context.Issues.Warning(path, null, "limits nothing: give MaxConnections or ConnectionsPerSecond");
        }
    }

    private static void CheckBandwidth(ValidationContext context, string path, long? bytesPerSecond)
    {
        if (bytesPerSecond is { } number)
        {
            Range.Check(context, path, number, TcpRouteLimitsConfig.LeastBytesPerSecond, MostBytesPerSecond);
        }
    }

    private static void CheckMost(ValidationContext context, string path, int? most)
    {
        if (most is { } number)
        {
            Range.Check(context, path, number, 1, int.MaxValue);
        }
    }
}
