using Gateway.Interception;
using Gateway.Linux;

namespace Gateway.Checks;

/// <summary>
/// Checks whether the rules that divert connections to listeners with Intercept are installed, and are those of this configuration. Without
/// the rules no connection reaches these listeners.
/// </summary>
internal sealed class RedirectCheck : ICheck
{
    private const string Cure = "Gateway redirect apply --config FILE";

    public string Name => "redirect";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var listeners = context
            .Config.Listeners.Where(listener => listener.Value.Intercept is not null)
            .Select(listener => $"Listeners:{listener.Key}:Intercept")
            .ToList();
        if (listeners.Count == 0)
        {
            return;
        }
        // Usually an init container has the right and installs the rules. The gateway itself can then list only the rules of "ip rule".
        var canSee = ProcessRights.Read().NetAdmin;
        var plan = RedirectPlan.From(context.Config, EphemeralPorts.Read());
        var installed = await HostState.ReadAsync();
        foreach (var path in listeners)
        {
            if (canSee ? !installed.IsEmpty && !installed.Is(plan) : installed.HasRules && !installed.TurnsAs(plan))
            {
                findings.Warn(
                    path,
                    "the installed rules of \"Gateway redirect\" are another configuration's: what is diverted is not what this one "
                        + "asks for",
                    $"once more: {Cure}");
            }
            else if (!canSee)
            {
                findings.Skip(
                    path,
                    $"not checked{(plan.TurnsReplies && installed.HasRules ? ", but for the return rules, which are there" : "")}: "
                        + "listing rules needs NET_ADMIN");
            }
            else if (installed.IsEmpty)
            {
                findings.Warn(
                    path,
                    "no rules of \"Gateway redirect\" are installed here: nothing is diverted, unless by rules of your own",
                    Cure);
            }
            else
            {
                findings.Ok(path, "the rules of \"Gateway redirect\" are this configuration's");
            }
        }
    }
}
