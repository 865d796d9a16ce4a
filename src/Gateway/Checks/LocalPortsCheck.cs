using Gateway.Interception;

namespace Gateway.Checks;

/// <summary>
/// Checks whether the kernel may choose local ports for this host's own connections that are among the reply ports of "Gateway redirect",
/// whose packets are diverted.
/// </summary>
internal sealed class LocalPortsCheck : ICheck
{
    public string Name => "local-ports";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        Judge(RedirectPlan.From(context.Config, EphemeralPorts.Read()), EphemeralPorts.Read(), findings);
        return Task.CompletedTask;
    }

    /// <summary>Judges the port ranges.</summary>
    internal static void Judge(RedirectPlan plan, EphemeralPorts local, CheckFindings findings)
    {
        foreach (var diversion in plan.Diversions.Where(diversion => diversion.ReplyPorts.Count > 0))
        {
            var where = $"Listeners:{diversion.Listener}:Intercept";
            if (local.Refuse(diversion.ReplyPorts) is { } problem)
            {
                findings.Fail(where, problem, local.Cure(diversion.ReplyPorts));
            }
            else
            {
                findings.Ok(
                    where,
                    $"none of the ports whose answers are turned round is among those of this host's own connections ({local.Range})");
            }
        }
    }
}
