using Gateway.Configuration.Loading;
using Gateway.Interception;

namespace Gateway.Commands;

/// <summary><c>Gateway redirect apply|remove|show</c>: the rules that divert connections to intercepting listeners.</summary>
internal static class RedirectCommand
{
    /// <summary>Installs the rules for a configuration.</summary>
    /// <param name="path">The configuration file.</param>
    /// <param name="useIptables">Whether to use iptables instead of nftables.</param>
    /// <param name="output">Takes the list of diversions.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1.</returns>
    public static Task<int> ApplyAsync(string path, bool useIptables, TextWriter output, TextWriter error) =>
        WithPlanAsync(
            path,
            error,
            async plan =>
            {
                var local = EphemeralPorts.Read();
                foreach (var diversion in plan.Diversions)
                {
                    if (local.Refuse(diversion.ReplyPorts) is { } problem)
                    {
                        throw new RedirectException($"listener {diversion.Listener}: {problem}. {local.Cure(diversion.ReplyPorts)}");
                    }
                }

                await HostRules.ApplyAsync(plan, useIptables);
                foreach (var diversion in plan.Diversions)
                {
                    await output.WriteLineAsync($"diverted: {diversion}");
                }
            });

    /// <summary>Removes the rules that an earlier <c>apply</c> installed. Needs no configuration.</summary>
    /// <param name="output">Takes the confirmation.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1.</returns>
    public static Task<int> RemoveAsync(TextWriter output, TextWriter error) => GuardedAsync(error, async () =>
    {
        await HostRules.RemoveAsync();
        await output.WriteLineAsync("nothing is diverted any more");
    });

    /// <summary>
    /// Prints a shell script that does the same as <c>apply</c>, and the installed rules as comments in the script. Changes nothing.
    /// </summary>
    /// <param name="path">The configuration file.</param>
    /// <param name="useIptables">Whether to use iptables instead of nftables.</param>
    /// <param name="output">Takes the script.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1.</returns>
    public static Task<int> ShowAsync(string path, bool useIptables, TextWriter output, TextWriter error) =>
        WithPlanAsync(
            path,
            error,
            async plan =>
            {
                await output.WriteAsync(RedirectScript.Write(plan, useIptables));
                var installed = await HostRules.DescribeAsync();
                await output.WriteLineAsync(installed.Count == 0 ? "# Installed now: nothing" : "# Installed now:");
                foreach (var line in installed)
                {
                    await output.WriteLineAsync($"#   {line}");
                }
            });

    private static async Task<int> WithPlanAsync(string path, TextWriter error, Func<RedirectPlan, Task> use)
    {
        var result = ConfigReader.Read(path, ConfigReader.ProcessEnvironment());
        if (result.Config is null)
        {
            foreach (var issue in result.Errors)
            {
                await error.WriteLineAsync($"error: {issue}");
            }

            return 1;
        }

        var plan = RedirectPlan.From(result.Config, EphemeralPorts.Read());
        if (plan.Diversions.Count > 0)
        {
            return await GuardedAsync(error, () => use(plan));
        }

        await error.WriteLineAsync(
            "error: no listener has Intercept, or none of its routes matches a port that may be diverted: there is nothing to do");
        return 1;
    }

    private static async Task<int> GuardedAsync(TextWriter error, Func<Task> action)
    {
        try
        {
            await action();
            return 0;
        }
        catch (RedirectException problem)
        {
            await error.WriteLineAsync($"error: {problem.Message}");
            return 1;
        }
    }
}
