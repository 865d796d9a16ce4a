using Gateway.Configuration;

namespace Gateway.Checks;

/// <summary>All checks that a scope has, run side by side within a time.</summary>
internal static class CheckSuite
{
    private static readonly ICheck[] Checks =
    [
        new ListenerCheck(),
        new DescriptorCheck(),
        new RightsCheck(),
        new DnatTableCheck(),
        new ForwardingCheck(),
        new ConntrackCheck(),
        new ContainerCheck(),
        new KernelCheck(),
        new ToaModuleCheck(),
        new RedirectCheck(),
        new LocalPortsCheck(),
        new DestinationCheck(),
        new CertificateCheck(),
        new ReturnPathCheck(),
        new DnatPathCheck(),
        new ProxyHeaderCheck(),
        new ConnectErrorsCheck(),
    ];

    /// <summary>Runs them all. A check that throws or runs out of time is itself a warning; the others' findings stay.</summary>
    /// <param name="context">What to look at.</param>
    /// <param name="timeout">For all of it.</param>
    /// <param name="cancellation">Nobody waits for the report any more: this throws.</param>
    public static Task<CheckReport> RunAsync(CheckContext context, TimeSpan timeout, CancellationToken cancellation) =>
        RunAsync(Checks, context, timeout, cancellation);

    /// <summary>The same with other checks.</summary>
    internal static async Task<CheckReport> RunAsync(
        IReadOnlyList<ICheck> checks,
        CheckContext context,
        TimeSpan timeout,
        CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, context.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        var results = await Task.WhenAll(
            checks
                .Where(check => context.Scope == CheckScope.All || !check.AsksOthers)
                .Select(check => RunAsync(check, context, timeout, limit.Token)));
        cancellation.ThrowIfCancellationRequested();
        return new CheckReport(context.Time.GetUtcNow(), context.Scope, [.. results.SelectMany(part => part)])
        {
            NotAsked =
                context.Scope == CheckScope.All || context.Targets.Count == 0
                    ? []
                    : [.. checks.Where(check => check.AsksOthers).Select(check => check.Name).Distinct()],
        };
    }

    private static async Task<IReadOnlyList<CheckResult>> RunAsync(
        ICheck check,
        CheckContext context,
        TimeSpan timeout,
        CancellationToken cancellation)
    {
        var findings = new CheckFindings(check.Name);
        try
        {
            // What a check does before its first await must not hold up the others. WaitAsync: getaddrinfo cannot be cancelled.
            await Task.Run(() => check.RunAsync(context, findings, cancellation), cancellation).WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            findings.Warn("", $"did not end within {timeout.TotalSeconds:0.###} s; what is missing here was not checked");
        }
        catch (Exception problem)
        {
            findings.Warn("", $"could not be done: {problem.Message}");
        }

        return findings.Results;
    }
}
