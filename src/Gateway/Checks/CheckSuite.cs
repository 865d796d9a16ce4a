using Gateway.Configuration;

namespace Gateway.Checks;

/// <summary>Runs all checks of a scope in parallel, within a time limit.</summary>
internal static class CheckSuite
{
    private static readonly ICheck[] Checks =
    [
        new ListenerCheck(),
        new TlsCheck(),
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

    /// <summary>Runs the checks. A check that throws or runs out of time gives a warning; the findings of the others are kept.</summary>
    /// <param name="context">The input of the run.</param>
    /// <param name="timeout">The time limit of the whole run.</param>
    /// <param name="cancellation">Signalled when nobody waits for the report any more: this method throws.</param>
    public static Task<CheckReport> RunAsync(CheckContext context, TimeSpan timeout, CancellationToken cancellation) =>
        RunAsync(Checks, context, timeout, cancellation);

    /// <summary>Runs other checks, for tests.</summary>
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
            // Task.Run, because work of a check before its first await must not delay the others. WaitAsync, because getaddrinfo cannot be
            // cancelled.
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
