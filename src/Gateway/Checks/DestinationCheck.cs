namespace Gateway.Checks;

/// <summary>
/// Checks whether each destination's name resolves, and whether its addresses accept a connection within the cluster's timeout. The
/// connections are closed without sending a byte.
/// </summary>
internal sealed class DestinationCheck : ICheck
{
    public string Name => "destination";

    public bool AsksOthers => true;

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        foreach (var (keyPath, what) in BackendTargets.Unnamed(context.Snapshot))
        {
            findings.Skip(keyPath, what);
        }

        return CheckContext.ForEachAsync(
            context.Targets,
            async target => Judge(target, await context.ReachAsync(target, cancellation), findings),
            cancellation);
    }

    /// <summary>Judges a destination.</summary>
    internal static void Judge(BackendTarget target, Reach reach, CheckFindings findings)
    {
        var address = $"{target.Host}:{target.Port}";
        var isLoopback = target.Loopback is not null;
        if (reach.IsUnknownName)
        {
            findings.Fail(
                target.KeyPath, $"{target.Host} has no address ({reach.Problem})",
                "the name's spelling; in Kubernetes: is there such a Service in this namespace, and may this pod ask DNS");
        }
        else if (reach is { EndPoints.Count: 0, Problem: null })
        {
            findings.Warn(
                target.KeyPath, $"was not checked, for want of descriptors, ports or rights here: {reach.Unasked}",
                "the limit of open files, and how many connections this host has");
        }
        else if (reach.EndPoints.Count == 0)
        {
            findings.Fail(
                target.KeyPath,
                reach.Problem!,
                isLoopback
                    ? "is the application running, and does it listen on all addresses or on loopback (on the pod's alone: a cluster of "
                        + "Type OriginalDestination)"
                    : "is it running, does it listen on this address, and does a firewall or NetworkPolicy let this host through");
        }
        else if (reach.Problem is not null)
        {
            findings.Warn(
                target.KeyPath,
                $"{address} accepts, but {reach.Problem}",
                isLoopback
                    ? "let the application listen on loopback of this family too, or its clients find nobody"
                    : "remove the dead address from DNS, or let it answer");
        }
        else
        {
            var asked = reach.EndPoints.Count;
            var some = reach.Untried == 0 ? "" : $" ({asked} of {asked + reach.Untried} addresses were tried)";
            findings.Ok(target.KeyPath, $"{address} accepts connections{some}");
        }
    }
}
