namespace Gateway.Checks;

/// <summary>
/// One question about this host or the backends. A check asks nothing of what the configuration does not use, is safe to repeat while
/// traffic flows, and leaves nothing behind. It is listed in <see cref="CheckSuite"/>.
/// </summary>
internal interface ICheck
{
    /// <summary>Its name in reports: lower case with dashes; never changes, since scripts read it.</summary>
    string Name { get; }

    /// <summary>Whether it connects to destinations, or asks their name servers.</summary>
    bool AsksOthers => false;

    /// <summary>Looks, and reports as it finds: what was reported when time runs out is kept.</summary>
    /// <param name="context">What to look at.</param>
    /// <param name="findings">Takes the results; safe from any thread.</param>
    /// <param name="cancellation">The time is up.</param>
    Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation);
}
