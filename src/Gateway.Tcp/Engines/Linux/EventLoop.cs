using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Gateway.Linux;
using Gateway.Linux.Bpf;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// One thread, one epoll set, and everything that its connections share: the 64 KiB buffer, the timers, the pipes. Only the loop's thread
/// uses these; other threads reach the loop through <see cref="Post"/>. One round:
/// <list type="number">
/// <item>wait for events until the next timer at most, and not at all if work is left;</item>
/// <item>hand each event to its target;</item>
/// <item>run the work that other threads posted;</item>
/// <item>continue the relays that have used up their share of a round;</item>
/// <item>fire the timers that are due.</item>
/// </list>
/// The table of targets keeps connections alive: no other object may reference a waiting connection.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes of what it owns as its last act: StopAsync.")]
internal sealed class EventLoop : EngineLoop
{
    /// <summary>The size of one read. 256 KiB gave no gain, because streams are spliced.</summary>
    internal const int BufferBytes = 64 * 1024;

    /// <summary>What a connection is watched for.</summary>
    internal const EpollEvents Wanted =
        EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.Priority | EpollEvents.EdgeTriggered;

    private const int EventsPerWait = 256;

    private readonly EpollSet _epoll = new(EventsPerWait);
    private readonly WakeUp _wakeUp = new();
    private readonly ConcurrentQueue<ILoopWork> _posted = new();
    private readonly Queue<LinuxRelay> _unfinished = new();
    private readonly Action<Exception>? _onFault;
    private readonly Func<int>? _watchFault;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IEpollTarget?[] _targets = new IEpollTarget?[256];
    private int _registrations;
    private int _wakeUpSent;
    private long _busySince;
    private int _threadNumber;
    private volatile bool _stopping;
    private volatile bool _hasEnded;

    internal EventLoop(int index, LinuxEngineOptions options)
    {
        Index = index;
        _onFault = options.OnFault;
        _watchFault = options.WatchFault;
        OwnListeners = options.OwnListeners;
        Pipes = new PipePool(Math.Max(1, options.MaxPipes / options.LoopCount), options.PipeFault);
        Now = Environment.TickCount64;
        Timers = new TimerWheel(Now);
        _thread = new Thread(Run) { IsBackground = true, Name = $"gateway-loop-{index}" };
        _thread.Start();
    }

    /// <summary>Scratch space for one read and the send that follows; holds nothing after that.</summary>
    internal byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    internal TimerWheel Timers { get; }

    /// <summary>Writes and keeps TCP options; null until TCP options are enabled.</summary>
    internal ToaProgram? Toa { get; set; }

    internal PipePool Pipes { get; }

    /// <summary>The listeners of this process, which must not be dialed.</summary>
    internal OwnListeners OwnListeners { get; }

    /// <summary>The listening sockets of this loop.</summary>
    internal List<ListenSocket> Listening { get; } = [];

    /// <summary>The time of this round in milliseconds (<see cref="Environment.TickCount64"/>), read once per round.</summary>
    internal long Now { get; private set; }

    /// <summary>The number of events of this round.</summary>
    internal int EventsInRound { get; private set; }

    /// <inheritdoc/>
    public override int Index { get; }

    /// <summary>The thread has ended, and runs nothing any more.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>Runs the work on the loop's thread, in a later round when called from there. False if the loop has ended.</summary>
    internal bool Post(ILoopWork work)
    {
        if (_hasEnded)
        {
            return false;
        }

        _posted.Enqueue(work);
        if (!IsCurrent && Interlocked.Exchange(ref _wakeUpSent, 1) == 0)
        {
            _wakeUp.Signal();
        }

        if (_hasEnded)
        {
            // The loop ended in between and may have missed the work, so the work runs here.
            RunPosted();
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool RunLater(Action action) => Post(new LoopCall(action));

    /// <inheritdoc/>
    public override ValueTask EnterAsync() => IsCurrent ? ValueTask.CompletedTask : HopAsync();

    /// <summary>Continues on the loop's thread, in a later round when called from there; on any thread once the loop has ended.</summary>
    public override ValueTask HopAsync() => HasEnded ? ValueTask.CompletedTask : new(new LoopHop(this), 0);

    /// <inheritdoc/>
    internal override long BusySince => Volatile.Read(ref _busySince);

    /// <inheritdoc/>
    internal override ThreadTimes? ReadTimes() => ThreadTimes.Read(Volatile.Read(ref _threadNumber));

    /// <inheritdoc/>
    internal override IConnector CreateConnector(CancellationToken cancellation) => new LoopConnector(this, cancellation);

    /// <summary>
    /// Starts to watch a descriptor, edge-triggered, for as long as it is open. Returns the registration's number, or −errno.
    /// </summary>
    internal int Register(IEpollTarget target, int fd, EpollEvents events = Wanted)
    {
        Debug.Assert(IsCurrent, "a descriptor is registered on its own loop");
        if (fd >= _targets.Length)
        {
            Array.Resize(ref _targets, Math.Max(fd + 1, _targets.Length * 2));
        }

        // Never 0, because 0 is the registration of the wake-up.
        _registrations = _registrations == int.MaxValue ? 1 : _registrations + 1;
        var result = _watchFault?.Invoke() is { } errno and > 0 ? -errno : _epoll.Add(fd, events, Key(fd, _registrations));
        if (result < 0)
        {
            return result;
        }

        _targets[fd] = target;
        return _registrations;
    }

    /// <summary>Changes the events for which a registered descriptor is watched.</summary>
    internal void Modify(int fd, int registration, EpollEvents events) => _ = _epoll.Modify(fd, events, Key(fd, registration));

    /// <summary>Forgets a descriptor that is about to be closed. The close removes it from the epoll set.</summary>
    internal void Forget(IEpollTarget target, int fd)
    {
        if (ReferenceEquals(_targets[fd], target))
        {
            _targets[fd] = null;
        }
    }

    /// <summary>
    /// Stops watching a descriptor whose file may stay open. The epoll set watches files: after a close, another descriptor of the same
    /// listening socket would wake this loop for each connection.
    /// </summary>
    internal void Unwatch(IEpollTarget target, int fd)
    {
        Forget(target, fd);
        _ = _epoll.Remove(fd);
    }

    /// <summary>Continues the relay later in this round or in the next round, after other connections have run.</summary>
    internal void ContinueLater(LinuxRelay relay) => _unfinished.Enqueue(relay);

    /// <summary>Reports an exception that the owner of a connection let escape. Other connections go on.</summary>
    internal void Report(Exception exception) => _onFault?.Invoke(exception);

    /// <summary>Ends all connections with <see cref="CloseReason.Drain"/>, then the thread.</summary>
    internal Task StopAsync()
    {
        _stopping = true;
        _wakeUp.Signal();
        return _ended.Task;
    }

    private static ulong Key(int fd, int registration) => (uint)fd | (ulong)(uint)registration << 32;

    private void Run()
    {
        BecomeCurrent();
        Volatile.Write(ref _threadNumber, ThreadTimes.CurrentThread);
        try
        {
            _ = _epoll.Add(_wakeUp.Number, EpollEvents.In | EpollEvents.EdgeTriggered, Key(_wakeUp.Number, 0));
            while (!_stopping)
            {
                RunRound();
            }

            Stop();
        }
        catch (Exception exception)
        {
            // The process must end, because without this loop its connections and a part of the accept queues would silently hang for ever.
            Environment.FailFast($"The event loop {_thread.Name} failed: {exception.Message}", exception);
        }
    }

    private void RunRound()
    {
        var timeout = _unfinished.Count > 0 || !_posted.IsEmpty || TakesFromOthers() ? 0 : Timers.MillisecondsToNext(Now);
        Volatile.Write(ref _busySince, 0);
        var count = _epoll.Wait(timeout);
        Now = Environment.TickCount64;
        Volatile.Write(ref _busySince, Now);
        EventsInRound = count;
        for (var index = 0; index < count; index++)
        {
            var events = _epoll.GetEvent(index, out var key);
            var fd = (int)(uint)key;
            var registration = (int)(key >> 32);
            if (registration == 0)
            {
                // Cleared before the queue is read, so that work posted from here on wakes the loop again.
                Interlocked.Exchange(ref _wakeUpSent, 0);
            }
            else if (_targets[fd] is { } target && target.Registration == registration)
            {
                Dispatch(target, events);
            }
        }

        RunPosted();
        RunUnfinished();
        Timers.Advance(Now);
    }

    // A loop that is about to sleep takes a connection that waits at a busy loop.
    private bool TakesFromOthers()
    {
        foreach (var listener in Listening)
        {
            if (listener.TryTakeFromSibling())
            {
                return true;
            }
        }

        return false;
    }

    private void Dispatch(IEpollTarget target, EpollEvents events)
    {
        try
        {
            target.OnEvents(events);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Report(exception);
            target.OnFault();
        }
    }

    private void RunPosted()
    {
        // Runs only the work that is there now, because work that posts itself again must not delay the events.
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var work); left--)
        {
            try
            {
                work.RunOnLoop();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Report(exception);
                work.OnFault();
            }
        }
    }

    private void RunUnfinished()
    {
        for (var left = _unfinished.Count; left > 0; left--)
        {
            _unfinished.Dequeue().Continue();
        }
    }

    private void Stop()
    {
        // Twice, because a continuation may open or dial another connection while connections are being ended.
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var target in _targets.ToArray())
            {
                target?.OnLoopStopping();
            }

            RunPosted();
        }

        _hasEnded = true;
        RunPosted();
        Pipes.Dispose();
        _epoll.Dispose();
        _wakeUp.Dispose();
        _ended.SetResult();
    }
}
