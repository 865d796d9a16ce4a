using Gateway.Linux;
using Gateway.Redirection;

namespace Gateway.Checks;

/// <summary>Whether anything diverts connections to the listeners that have Intercept: nobody connects to them otherwise.</summary>
internal sealed class RedirectCheck : ICheck
{
    public string Name => "redirect";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var listeners = context.Config.Listeners.Where(listener => listener.Value.Intercept is not null).Select(listener => $"Listeners:{listener.Key}:Intercept").ToList();
        if (listeners.Count == 0)
            return;
        // An init container installs the rules and has the right; the gateway itself usually cannot even list them.
        var canSee = ProcessRights.Read().NetAdmin;
        var installed = canSee && (await HostRules.DescribeAsync()).Count > 0;
        foreach (var path in listeners)
        {
            if (installed)
                findings.Ok(path, "rules of \"Gateway redirect\" are installed");
            else if (canSee)
                findings.Warn(path, "no rules of \"Gateway redirect\" are installed here: nothing is diverted, unless by rules of your own", "Gateway redirect apply --config FILE");
            else
                findings.Skip(path, "not checked: listing rules needs NET_ADMIN");
        }
    }
}
