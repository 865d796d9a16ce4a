using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Gateway.Linux;
using Gateway.Linux.Bpf;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// One thread, one epoll set, and everything that its connections share: the 64 KiB buffer, the timers, the pipes. All of it is used by the
/// loop's thread only; other threads reach it through <see cref="Post"/>. One round:
/// <list type="number">
/// <item>wait for events, no longer than until the next timer, and not at all if work is left;</item>
/// <item>hand each event to its target;</item>
/// <item>run the work that other threads posted;</item>
/// <item>continue the relays that had used up their share of the last round;</item>
/// <item>fire the timers that are due.</item>
/// </list>
/// The table of targets is what keeps connections alive: nothing else may root a parked one.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes of what it owns as its last act: StopAsync.")]
internal sealed class EventLoop
{
    /// <summary>One read's worth. 256 KiB gained nothing once streams are spliced.</summary>
    internal const int BufferBytes = 64 * 1024;

    private const int EventsPerWait = 256;
    private const EpollEvents Wanted =
        EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.Priority | EpollEvents.EdgeTriggered;

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
    private volatile bool _stopping;
    private volatile bool _hasEnded;

    internal EventLoop(int index, LinuxEngineOptions options)
    {
        _onFault = options.OnFault;
        _watchFault = options.WatchFault;
        OwnListeners = options.OwnListeners;
        Pipes = new PipePool(Math.Max(1, options.MaxPipes / options.LoopCount), options.PipeFault);
        Now = Environment.TickCount64;
        Timers = new TimerWheel(Now);
        _thread = new Thread(Run) { IsBackground = true, Name = $"gateway-loop-{index}" };
        _thread.Start();
    }

    /// <summary>Scratch space between one read and the send that follows it; holds nothing in between.</summary>
    internal byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    internal TimerWheel Timers { get; }

    /// <summary>Writes and keeps TCP options; null until somebody asked for it.</summary>
    internal ToaProgram? Toa { get; set; }

    internal PipePool Pipes { get; }

    /// <summary>Where connections may not get to.</summary>
    internal OwnListeners OwnListeners { get; }

    /// <summary>The listening sockets of this loop.</summary>
    internal List<ListenSocket> Listening { get; } = [];

    /// <summary>Milliseconds (<see cref="Environment.TickCount64"/>) as of this round: read once, not per byte.</summary>
    internal long Now { get; private set; }

    /// <summary>How much there is to do in this round.</summary>
    internal int EventsInRound { get; private set; }

    internal bool IsCurrent => Environment.CurrentManagedThreadId == _thread.ManagedThreadId;

    /// <summary>The thread is gone: nothing will be run or waited for any more.</summary>
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
            // It ended in between and may not have seen the work: run it here rather than never.
            RunPosted();
        }

        return true;
    }

    /// <summary>Continues on the loop's thread, in a later round when called from there; on any thread once the loop has ended.</summary>
    internal ValueTask HopAsync()
    {
        var hop = new LoopHop();
        return Post(hop) ? new ValueTask(hop.Task) : ValueTask.CompletedTask;
    }

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

        // Never 0: that is the wake-up's.
        _registrations = _registrations == int.MaxValue ? 1 : _registrations + 1;
        var result = _watchFault?.Invoke() is { } errno and > 0 ? -errno : _epoll.Add(fd, events, Key(fd, _registrations));
        if (result < 0)
        {
            return result;
        }

        _targets[fd] = target;
        return _registrations;
    }

    /// <summary>Changes what a registered descriptor is watched for.</summary>
    internal void Modify(int fd, int registration, EpollEvents events) => _ = _epoll.Modify(fd, events, Key(fd, registration));

    /// <summary>Forgets a descriptor that is about to be closed; closing is what takes it out of the epoll set.</summary>
    internal void Forget(IEpollTarget target, int fd)
    {
        if (ReferenceEquals(_targets[fd], target))
        {
            _targets[fd] = null;
        }
    }

    /// <summary>Continues the relay in the next round, after everybody else had a turn.</summary>
    internal void ContinueLater(LinuxRelay relay) => _unfinished.Enqueue(relay);

    /// <summary>An exception that a connection's owner let escape: never the end of the other connections.</summary>
    internal void Report(Exception exception) => _onFault?.Invoke(exception);

    /// <summary>Ends all connections with <see cref="RelayEnd.Drain"/>, then the thread.</summary>
    internal Task StopAsync()
    {
        _stopping = true;
        _wakeUp.Signal();
        return _ended.Task;
    }

    private static ulong Key(int fd, int registration) => (uint)fd | (ulong)(uint)registration << 32;

    private void Run()
    {
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
            // A loop that is gone would leave its connections and a part of the listeners' queues hanging for ever, silently.
            Environment.FailFast($"The event loop {_thread.Name} failed: {exception.Message}", exception);
        }
    }

    private void RunRound()
    {
        var timeout = _unfinished.Count > 0 || !_posted.IsEmpty || TakesFromOthers() ? 0 : Timers.MillisecondsToNext(Now);
        var count = _epoll.Wait(timeout);
        Now = Environment.TickCount64;
        EventsInRound = count;
        for (var index = 0; index < count; index++)
        {
            var events = _epoll.GetEvent(index, out var key);
            var fd = (int)(uint)key;
            var registration = (int)(key >> 32);
            if (registration == 0)
            {
                // Cleared before the queue is read, so that what is posted from here on wakes us again.
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

    // A loop that is about to sleep may find connections waiting at another that has more to do than it gets done.
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
        // Only what is there now: work that posts itself again must not keep the events waiting.
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
        // Twice: what a continuation opens or dials while the others are being ended has to go too.
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

    /// <summary>Its task's continuation runs on the loop's thread: nothing else may come between.</summary>
    private sealed class LoopHop : ILoopWork
    {
        private readonly TaskCompletionSource _arrived = new();

        public Task Task => _arrived.Task;

        public void RunOnLoop() => _arrived.SetResult();
    }
}
