namespace Gateway.Checks;

/// <summary>Whether each destination's name resolves, and one of its addresses accepts a connection within the cluster's timeout. The connection is closed without a byte.</summary>
internal sealed class DestinationCheck : ICheck
{
    public string Name => "destination";

    public bool AsksOthers => true;

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation) => CheckContext.ForEachAsync(
        context.Targets,
        async target =>
        {
            var reach = await context.ReachAsync(target, cancellation);
            var address = $"{target.Host}:{target.Port}";
            if (reach.IsUnknownName)
                findings.Fail(
                    target.KeyPath, $"{target.Host} has no address ({reach.Problem})",
                    "the name's spelling; in Kubernetes: is there such a Service in this namespace, and may this pod ask DNS");
            else if (reach.EndPoints.Count == 0)
                findings.Fail(target.KeyPath, reach.Problem!, "is it running, does it listen on this address, and does a firewall or NetworkPolicy let this host through");
            else if (reach.Problem is not null)
                findings.Warn(target.KeyPath, $"{address} accepts, but {reach.Problem}", "remove the dead address from DNS, or let it answer");
            else
                findings.Ok(target.KeyPath, $"{address} accepts connections");
        },
        cancellation);
}
