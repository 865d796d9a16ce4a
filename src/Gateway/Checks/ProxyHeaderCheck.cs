namespace Gateway.Checks;

/// <summary>
/// Whether a backend takes the PROXY header that its route sends, and whether one that gets none wants one: <see cref="HeaderProbe"/>.
/// </summary>
internal sealed class ProxyHeaderCheck : ICheck
{
    public string Name => "proxy-header";

    public bool AsksOthers => true;

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation) => CheckContext.ForEachAsync(
        context.Targets,
        async target =>
        {
            foreach (var verdicts in await context.TryHeadersAsync(target, cancellation))
            {
                AddressVerdict.Report(findings, target.KeyPath, verdicts);
            }
        },
        cancellation);
}
