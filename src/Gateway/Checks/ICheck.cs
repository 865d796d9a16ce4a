namespace Gateway.Checks;

/// <summary>
/// One check of this host or the backends. A check looks only at features that the configuration uses, is safe to repeat while traffic
/// flows, and leaves nothing behind. <see cref="CheckSuite"/> lists all checks.
/// </summary>
internal interface ICheck
{
    /// <summary>The name in reports: lower case with dashes. It never changes, because scripts read it.</summary>
    string Name { get; }

    /// <summary>Whether the check connects to destinations, or asks their name servers.</summary>
    bool AsksOthers => false;

    /// <summary>Runs the check. It reports each finding at once, because findings that were reported before a timeout are kept.</summary>
    /// <param name="context">The input of the run.</param>
    /// <param name="findings">Takes the results; thread-safe.</param>
    /// <param name="cancellation">Signalled when the time is up.</param>
    Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation);
}
