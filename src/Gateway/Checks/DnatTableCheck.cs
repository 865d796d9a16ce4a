using Gateway.Snapshots;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;

namespace Gateway.Checks;

/// <summary>Checks whether the nftables table of Dnat routes is free, or belongs to a gateway that runs this configuration.</summary>
internal sealed class DnatTableCheck : ICheck
{
    private const string Where = "TcpProxy:Dnat:Table";

    public string Name => "dnat-table";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var ports = PortsOf(context.Snapshot);
        if (ports.Count == 0)
        {
            return Task.CompletedTask;
        }

        var table = context.Config.TcpProxy.Dnat.Table;
        if (context.IsRunning)
        {
            findings.Ok(Where, $"{table} is this process's");
        }
        else if (!TableLock.IsTaken(table))
        {
            findings.Ok(Where, $"{table} is free");
        }
        else
        {
            JudgeHolders(table, [.. ports.SelectMany(PortHolder.Find)], findings);
        }

        return Task.CompletedTask;
    }

    /// <summary>Judges a table that a running gateway owns.</summary>
    /// <param name="table">The table.</param>
    /// <param name="holders">The processes that listen on the ports of the listeners with Dnat routes.</param>
    /// <param name="findings">Takes the result.</param>
    internal static void JudgeHolders(string table, IReadOnlyList<PortHolder> holders, CheckFindings findings)
    {
        if (holders.FirstOrDefault(holder => holder.IsGateway) is { } gateway)
        {
            findings.Ok(Where, $"{table} is held by a running gateway, as its listener is: {gateway.Name} (pid {gateway.Pid})");
        }
        else
        {
            findings.Fail(
                Where,
                $"{table} is held by a running gateway of this network namespace that does not have this listener",
                "give this one a name of its own: TcpProxy:Dnat:Table");
        }
    }

    private static IReadOnlyList<int> PortsOf(GatewaySnapshot snapshot) =>
        [
            .. snapshot
                .Listeners.Where(plan =>
                    snapshot.Tcp.Listeners.TryGetValue(plan.Name, out var listener)
                    && listener.Routes.Any(route => route.SourceIp.Mode == SourceIpMode.Dnat))
                .Select(plan => plan.Address.EndPoint.Port),
        ];
}
