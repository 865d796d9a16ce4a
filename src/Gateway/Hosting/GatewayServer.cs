using System.Net.Sockets;
using Gateway.Admin;
using Gateway.Handover;
using Gateway.Http.Listeners;
using Gateway.Listeners;
using Gateway.Snapshots;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Hosting;

/// <summary>
/// The application's server: a set of independent listeners. A listener is bound before its configuration is accepted, it drains when it is
/// removed, and it never waits for another listener. Kestrel's own endpoint reload is not used, because it binds a new endpoint only after
/// the old endpoint has stopped, seconds later, and only logs a failed bind.
/// </summary>
internal sealed partial class GatewayServer(
    GatewayRuntime runtime,
    RunningListenerFactory factory,
    InheritedSockets inherited,
    Readiness readiness,
    IHostApplicationLifetime lifetime,
    ILogger<GatewayServer> logger) : IServer, IHandover
{
    // When Kestrel stops, it closes the connections whose next request has not arrived. So connections that were accepted a moment ago get
    // this time to send their request, after the listener has stopped accepting.
    private static readonly TimeSpan LastRequests = TimeSpan.FromSeconds(2);

    /// <summary>The drain time of Probes and Admin. It is short, because their requests are not worth a longer wait.</summary>
    private static readonly TimeSpan ProbesDrain = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, RunningListener> _listeners = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Task> _stopping = [];
    private bool _stopped;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>The listeners that are bound now, by name.</summary>
    public IReadOnlyCollection<RunningListener> Listeners
    {
        get
        {
            lock (_listeners)
            {
                return [.. _listeners.Values];
            }
        }
    }

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        factory.UseApplication((server, cancellation) => server.StartAsync(application, cancellation));
        lifetime.ApplicationStopping.Register(readiness.SetDraining);
        var problems = await ApplyAsync(runtime.Current);
        if (problems.Count > 0)
        {
            throw new StartupException(string.Join(Environment.NewLine, problems.Select(problem => LogText.Sentence(problem))));
        }
        inherited.Release();
    }

    /// <summary>
    /// Puts <paramref name="snapshot"/> in force, or changes nothing and returns the problems. First new sockets are bound, then routes,
    /// clusters and policies are swapped, then new listeners accept and removed listeners drain. Live connections are not touched.
    /// </summary>
    public async Task<IReadOnlyList<string>> ApplyAsync(GatewaySnapshot snapshot)
    {
        await _gate.WaitAsync();
        try
        {
            if (_stopped)
            {
                return ["The gateway is shutting down."];
            }
            var missingRights = runtime.FindMissingRights(snapshot);
            if (missingRights.Count > 0)
            {
                return [.. missingRights.Select(static finding => finding.ToString())];
            }
            var certificates = await runtime.LoadCertificatesAsync(snapshot);
            return certificates.Count > 0 ? [.. certificates.Select(static finding => finding.ToString())] : await SwapAsync(snapshot);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<IReadOnlyList<string>> SwapAsync(GatewaySnapshot snapshot)
    {
        var wanted = snapshot.Listeners.ToDictionary(plan => plan.Name, StringComparer.OrdinalIgnoreCase);
        var removed = _listeners.Values.Where(running => wanted.GetValueOrDefault(running.Plan.Name) != running.Plan).ToList();
        var added = wanted.Values.Where(plan => _listeners.GetValueOrDefault(plan.Name)?.Plan != plan).ToList();

        // A new listener on the address of an old listener takes over its sockets. Any other old socket whose address overlaps with a new
        // listener must be closed before the new listener is bound. That happens only when everything else has worked, because a refused
        // file must not change anything.
        using var successions = new Successions(added, removed);
        var inTheWay = removed.Where(running => added.Any(plan =>
            plan.Address.Overlaps(running.Plan.Address) && successions.Find(plan) is null)).ToList();
        var change = new Change(added, inTheWay, successions, runtime.Current);
        var problems = await TryAsync(snapshot, change);
        if (problems.Count > 0)
        {
            await UndoAsync(change, problems);
            return problems;
        }
        foreach (var running in removed)
        {
            lock (_listeners)
            {
                _listeners.Remove(running.Plan.Name);
            }
            StopListener(running);
        }
        foreach (var listener in change.Bound)
        {
            lock (_listeners)
            {
                _listeners[listener.Plan.Name] = listener;
            }
            Log.Listening(logger, listener.Plan.Name, listener.Plan.Describe(), listener.LocalEndPoint);
        }
        runtime.Settle();
        readiness.SetBound(true);
        return [];
    }

    private async Task<List<string>> TryAsync(GatewaySnapshot snapshot, Change change)
    {
        var problems = new List<string>();
        try
        {
            foreach (var plan in change.Added.Where(plan => !change.InTheWay.Exists(running => plan.Address.Overlaps(running.Plan.Address)))
            )
            {
                Bind(plan, change, problems);
            }
            if (problems.Count > 0)
            {
                return problems;
            }
            change.IsPrepared = true;
            problems.AddRange((await runtime.PrepareAsync(snapshot)).Select(static finding => finding.ToString()));
            if (problems.Count > 0)
            {
                return problems;
            }
            foreach (var running in change.InTheWay)
            {
                change.Unbound.Add(running);
                await running.UnbindAsync();
            }
            foreach (var plan in change.Added.Where(plan => !change.Bound.Exists(listener => listener.Plan == plan)))
            {
                Bind(plan, change, problems);
            }
            if (problems.Count > 0)
            {
                return problems;
            }
            runtime.Swap(snapshot);
            foreach (var listener in change.Bound)
            {
                await listener.StartAsync(CancellationToken.None);
            }
        }
        catch (Exception fault)
        {
            Log.ApplyFailed(logger, fault);
            problems.Add(fault.Message);
        }
        return problems;
    }

    // Closes everything that was bound, because the corrected file would otherwise find its own ports in use.
    private async Task UndoAsync(Change change, List<string> problems)
    {
        foreach (var listener in change.Bound)
        {
            await listener.DiscardAsync();
        }
        if (!ReferenceEquals(runtime.Current, change.Before))
        {
            // The last step has failed: a listener could not be started after the swap.
            runtime.Swap(change.Before);
        }
        await RestoreAsync(change.Unbound, problems);
        if (change.IsPrepared)
        {
            // The kernel's Dnat rules are those of the refused configuration by now, so the old rules are set again.
            await runtime.PrepareAsync(runtime.Current);
        }
    }

    private void Bind(ListenerPlan plan, Change change, List<string> problems)
    {
        try
        {
            change.Bound.Add(factory.Bind(plan, change.Successions.Find(plan) ?? inherited.Find(plan)));
        }
        catch (SocketException problem)
        {
            problems.Add(plan.ExplainBindFailure(problem).ToString());
        }
    }

    private async Task RestoreAsync(List<RunningListener> stopped, List<string> problems)
    {
        foreach (var old in stopped)
        {
            try
            {
                var again = factory.Bind(old.Plan);
                StopListener(old);
                await again.StartAsync(CancellationToken.None);
                lock (_listeners)
                {
                    _listeners[old.Plan.Name] = again;
                }
            }
            catch (SocketException problem)
            {
                problems.Add($"and the listener that was stopped for it could not be bound again: {old.Plan.ExplainBindFailure(problem)}");
                readiness.SetBound(false);
                StopListener(old);
                lock (_listeners)
                {
                    _listeners.Remove(old.Plan.Name);
                }
            }
        }
    }

    /// <summary>Stops accepting at once. The drain continues in the background, and shutdown waits for it.</summary>
    private void StopListener(RunningListener running)
    {
        Log.Stopping(logger, running.Plan.Name, running.LocalEndPoint);
        var stopping = StopRemovedAsync(running, runtime.Current.Config.Shutdown.DrainTimeout);
        _stopping.RemoveAll(task => task.IsCompleted);
        _stopping.Add(stopping);
    }

    private async Task StopAndLogAsync(RunningListener running, TimeSpan drain)
    {
        using var deadline = new CancellationTokenSource(drain);
        await StopAndLogAsync(running, drain, deadline.Token);
    }

    private async Task StopAndLogAsync(RunningListener running, TimeSpan drain, CancellationToken deadline)
    {
        try
        {
            await running.StopAsync(drain, deadline);
        }
        catch (Exception problem)
        {
            // A listener that fails to stop must not prevent the others from stopping.
            Log.StopFailed(logger, running.Plan.Name, problem);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        readiness.SetDraining();
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            _stopped = true;
            if (_handedOverUntil is not null)
            {
                await Task.WhenAll(_stopping);
                runtime.RemoveDnat();
                Log.Stopped(logger);
                return;
            }
            var shutdown = runtime.Current.Config.Shutdown;
            if (shutdown.DrainDelay > TimeSpan.Zero)
            {
                Log.DrainDelay(logger, shutdown.DrainDelay);
                await Task.Delay(shutdown.DrainDelay, CancellationToken.None);
            }
            var traffic = Listeners.Where(running => running.Plan.Kind == ListenerKind.Traffic).ToList();
            runtime.StopDnat();
            Log.Draining(logger, traffic.Count, shutdown.DrainTimeout);
            await Task.WhenAll(traffic.Select(running => StopAndLogAsync(running, shutdown.DrainTimeout)).Concat(_stopping)
                .Append(runtime.DrainTcpAsync(shutdown.DrainTimeout)));
            runtime.RemoveDnat();
            // Probes and Admin stop last, so that probes and a last scrape are answered until the end.
            await Task.WhenAll(Listeners.Where(running => running.Plan.Kind != ListenerKind.Traffic)
                .Select(running => StopAndLogAsync(running, ProbesDrain)));
            Log.Stopped(logger);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task StopRemovedAsync(RunningListener running, TimeSpan drain)
    {
        using var deadline = new CancellationTokenSource(drain);
        await StopGentlyAsync(running, drain, deadline.Token);
    }

    private async Task StopGentlyAsync(RunningListener running, TimeSpan drain, CancellationToken deadline)
    {
        await running.UnbindAsync();
        if (running.Plan.IsHttp)
        {
            await Task.Delay(LastRequests, deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await StopAndLogAsync(running, drain, deadline);
    }

    public void Dispose()
    {
        _handedOverUntil?.Dispose();
        _gate.Dispose();
    }

    /// <summary>A change of listeners under way: the listeners to add and to close, and the steps that are done.</summary>
    private sealed class Change(
        List<ListenerPlan> added, List<RunningListener> inTheWay, Successions successions, GatewaySnapshot before)
    {
        public List<ListenerPlan> Added => added;

        public List<RunningListener> InTheWay => inTheWay;

        public Successions Successions => successions;

        public GatewaySnapshot Before => before;

        public List<RunningListener> Bound { get; } = [];

        public List<RunningListener> Unbound { get; } = [];

        public bool IsPrepared { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Information, "Listener {Listener} ({Kind}) on {Address}")]
        public static partial void Listening(ILogger logger, string listener, string kind, System.Net.IPEndPoint address);

        [LoggerMessage(1011, LogLevel.Information, "Listener {Listener} on {Address} stops accepting; its connections may end")]
        public static partial void Stopping(ILogger logger, string listener, System.Net.IPEndPoint address);

        [LoggerMessage(1012, LogLevel.Error, "Listener {Listener} did not stop in order")]
        public static partial void StopFailed(ILogger logger, string listener, Exception problem);

        [LoggerMessage(1013, LogLevel.Information, "Not ready any more; still accepting for {Delay}")]
        public static partial void DrainDelay(ILogger logger, TimeSpan delay);

        [LoggerMessage(1014, LogLevel.Information, "{Count} listeners stop accepting; live connections may end within {Timeout}")]
        public static partial void Draining(ILogger logger, int count, TimeSpan timeout);

        [LoggerMessage(1016, LogLevel.Error, "A configuration could not be put in force for a fault of the gateway")]
        public static partial void ApplyFailed(ILogger logger, Exception fault);

        [LoggerMessage(1015, LogLevel.Information, "Drained")]
        public static partial void Stopped(ILogger logger);
    }
}
