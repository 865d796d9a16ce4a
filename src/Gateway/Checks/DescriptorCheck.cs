using System.Globalization;
using Gateway.Linux;
using Gateway.Tcp.Listening;

namespace Gateway.Checks;

/// <summary>Whether the descriptor limit leaves room for the connections that are asked for.</summary>
internal sealed class DescriptorCheck : ICheck
{
    private const string Where = "Limits:MaxConnections";

    // Below this a limit was hardly meant: the usual soft limit of a shell (1024) gives 256.
    private const int Few = 1000;

    public string Name => "descriptors";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        Judge(context.Config.Limits.MaxConnections, ConnectionLimit.Default(), DescriptorLimit.Read(), findings);
        return Task.CompletedTask;
    }

    /// <summary>The verdict.</summary>
    /// <param name="wanted">What the file says; null: nothing.</param>
    /// <param name="possible">What the descriptor limit allows.</param>
    /// <param name="descriptors">The descriptor limit; null: not known.</param>
    /// <param name="findings">Takes it.</param>
    internal static void Judge(int? wanted, int possible, long? descriptors, CheckFindings findings)
    {
        var limit = descriptors is { } known ? string.Create(CultureInfo.InvariantCulture, $"the descriptor limit {known}") : "an unknown descriptor limit";
        if (wanted > possible)
        {
            findings.Warn(Where, string.Create(CultureInfo.InvariantCulture, $"{limit} has room for {possible} connections, which is the cap, not for {wanted}"), string.Create(
                CultureInfo.InvariantCulture, $"raise the hard limit to {(2L * wanted) + 1024} (ulimit -Hn; systemd: LimitNOFILE; containers: the runtime's default-ulimits)"));
        }
        else if ((wanted ?? possible) < Few)
        {
            findings.Warn(Where, string.Create(CultureInfo.InvariantCulture, $"only {wanted ?? possible} connections at once ({limit})"), wanted is null ? "raise the descriptor limit" : null);
        }
        else
        {
            findings.Ok(Where, string.Create(CultureInfo.InvariantCulture, $"{wanted ?? possible} connections at once ({limit})"));
        }
    }
}
