using System.Globalization;
using System.Net.Sockets;
using Gateway.Listeners;

namespace Gateway.Checks;

/// <summary>Checks whether each listener, also Probes and Admin, can bind its port, or has bound it already.</summary>
internal sealed class ListenerCheck : ICheck
{
    public string Name => "listener";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        foreach (var plan in context.Snapshot.Listeners)
        {
            if (context.IsRunning)
            {
                findings.Ok(plan.KeyPath, $"{plan.Address} is bound by this process");
            }
            else
            {
                TryBind(plan, findings);
            }
        }

        return Task.CompletedTask;
    }

    private static void TryBind(ListenerPlan plan, CheckFindings findings)
    {
        var (endPoint, dualMode) = (plan.Address.EndPoint, plan.Address.DualMode);
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = dualMode;
            }
            // The socket is bound, but never listens, so that no client is accepted by mistake. Bind fails if another process listens on
            // the port.
            socket.Bind(endPoint);
            findings.Ok(plan.KeyPath, $"{plan.Address} is free");
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            ReportHolder(plan, findings);
        }
        catch (SocketException problem)
        {
            var explained = plan.ExplainBindFailure(problem);
            findings.Fail(explained.KeyPath, explained.What, explained.Cure);
        }
    }

    private static void ReportHolder(ListenerPlan plan, CheckFindings findings)
    {
        var holders = PortHolder.Find(plan.Address.EndPoint.Port);
        if (holders.Count == 0)
        {
            findings.Warn(
                plan.KeyPath,
                $"{plan.Address} is in use; by whom cannot be seen from here",
                "if that is not this gateway: end it (ss -ltnp), or choose another port");
            return;
        }

        var names = string.Join(
            ", ",
            holders.Select(holder => string.Create(CultureInfo.InvariantCulture, $"{holder.Name} (pid {holder.Pid})")));
        if (holders.All(holder => holder.IsGateway))
        {
            findings.Ok(plan.KeyPath, $"{plan.Address} is held by a running gateway: {names}");
        }
        else
        {
            findings.Fail(plan.KeyPath, $"{plan.Address} is in use by {names}", "end that process, or choose another port");
        }
    }
}
