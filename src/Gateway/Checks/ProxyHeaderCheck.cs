namespace Gateway.Checks;

/// <summary>
/// Checks whether a backend reads the PROXY header that its route sends, and whether a backend that gets no header expects one: <see
/// cref="HeaderProbe"/>.
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
