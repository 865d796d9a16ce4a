using Gateway.Handover;
using Gateway.Http.Listeners;

namespace Gateway.Hosting;

/// <content>The place of this process given to another process: docs/decisions/0085-a-new-process-gets-the-sockets.md.</content>
internal sealed partial class GatewayServer
{
    private CancellationTokenSource? _handedOverUntil;

    public async Task<HandoverOffer?> BeginHandOverAsync()
    {
        await _gate.WaitAsync();
        if (_stopped || !readiness.IsReady)
        {
            _gate.Release();
            return null;
        }
        try
        {
            var table = runtime.SuspendDnat();
            return new HandoverOffer([.. Listeners.SelectMany(static running => running.Share())], table?.Table, table?.Lock);
        }
        catch
        {
            await CancelHandOverAsync();
            throw;
        }
    }

    public Task CancelHandOverAsync()
    {
        runtime.ResumeDnat();
        _gate.Release();
        return Task.CompletedTask;
    }

    public async Task CompleteHandOverAsync(bool isTableTaken)
    {
        try
        {
            _stopped = true;
            var drain = runtime.Current.Config.Handover!.DrainTimeout;
            var until = _handedOverUntil = new CancellationTokenSource(drain);
            if (isTableTaken)
            {
                runtime.LeaveDnat();
            }
            else
            {
                runtime.ResumeDnat();
                runtime.StopDnat();
            }
            // The other process answers probes from now on, because this process would say that it is not ready.
            await Task.WhenAll(Listeners.Where(static running => running.Plan.Kind != ListenerKind.Traffic)
                .Select(running => StopAndLogAsync(running, ProbesDrain)));
            lifetime.StopApplication();
            var traffic = Listeners.Where(static running => running.Plan.Kind == ListenerKind.Traffic).ToList();
            await Task.WhenAll(traffic.Select(static running => running.UnbindAsync().AsTask()));
            _stopping.Add(runtime.DrainHandedOverAsync(drain, until.Token));
            _stopping.AddRange(traffic.Select(running => StopGentlyAsync(running, drain, until.Token)));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Shortens what is left of the drain after a handover to <c>Shutdown:DrainTimeout</c>, because somebody waits for the end of this
    /// process now. Does nothing without a handover.
    /// </summary>
    public void Hurry() => _handedOverUntil?.CancelAfter(runtime.Current.Config.Shutdown.DrainTimeout);
}
