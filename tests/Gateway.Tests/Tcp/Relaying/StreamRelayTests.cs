using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;
using Gateway.Tests.Tcp.Engines;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Relaying;

/// <summary>What depends on who comes first, inside the relay of streams.</summary>
public sealed class StreamRelayTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The look at the limits found the relay running, and it ends before that look sets the timer again. The second that the last bytes
    /// have must not become the rest of the idle timeout.
    /// </summary>
    [Fact]
    public async Task CheckLimits_RelayEndsMeanwhile_LastBytesStillHaveASecond()
    {
        var time = new HookedTime();
        await using var engine = new PortableTcpEngine(time);
        var (client, clientPeer) = Pair(bufferBytes: 4096);
        var (backend, backendPeer) = Pair();
        var relay = new StreamRelay(
            new PortableTcpConnection(client, engine),
            new PortableTcpConnection(backend, engine),
            new RelayOptions { IdleTimeout = Idle },
            null);
        var running = relay.RunAsync().AsTask();

        // The client reads nothing, so what the backend has said waits when the backend resets.
        backendPeer.Blocking = false;
        await Eventually.TrueAsync(
            () =>
            {
                backendPeer.Send(new byte[64 * 1024], SocketFlags.None, out _);
                return backend.Available > 100_000;
            },
            "more has come from the backend than the client's socket takes");
        time.Advance(Idle / 2);
        await clientPeer.SendAsync("x"u8.ToArray()).Within();
        await Eventually.TrueAsync(() => relay.Relayed.ToBackend == 1, "a byte in between, so that the limit is not reached");
        backendPeer.Reset();

        time.BeforeNextChange = () =>
        {
            time.Changed = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            clientPeer.Send("y"u8);
            Assert.Equal(TimeSpan.FromSeconds(1), time.Changed.Task.Within().GetAwaiter().GetResult());
        };
        await Task.Run(() => time.Advance(Idle / 2)).Within();
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(CloseReason.BackendReset, (await running.Within()).End);
        clientPeer.Dispose();
    }

    /// <summary>Relays that begin together end each at its own time, as the seed says.</summary>
    [Fact]
    public async Task MaxDurationJitter_RelaysThatBeganTogether_EndOneByOne()
    {
        const int relays = 20;
        var time = new FakeTimeProvider();
        var hour = TimeSpan.FromHours(1);
        await using var engine = new PortableTcpEngine(time);
        var options = new RelayOptions { IdleTimeout = 2 * hour, MaxDuration = hour, MaxDurationJitter = 0.5, Random = new Random(7) };
        var seeded = new Random(7);
        var due = Enumerable.Range(0, relays).Select(_ => hour * (1 - (0.5 * seeded.NextDouble()))).ToList();
        var running = new List<Task<RelayResult>>();
        // Kept until the end: a socket that is collected is closed, and its relay ends.
        var peers = new List<Socket>();
        for (var number = 0; number < relays; number++)
        {
            var (client, clientPeer) = Pair();
            var (backend, backendPeer) = Pair();
            peers.AddRange([clientPeer, backendPeer]);
            var (ours, theirs) = (new PortableTcpConnection(client, engine), new PortableTcpConnection(backend, engine));
            running.Add(new StreamRelay(ours, theirs, options, null).RunAsync().AsTask());
        }

        var passed = TimeSpan.Zero;
        foreach (var number in Enumerable.Range(0, relays).OrderBy(number => due[number]))
        {
            // Timers count whole milliseconds.
            time.Advance(due[number] - passed - TimeSpan.FromMilliseconds(2));
            Assert.False(running[number].IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(4));
            passed = due[number] + TimeSpan.FromMilliseconds(2);
            Assert.Equal(CloseReason.MaxDuration, (await running[number].Within()).End);
        }

        peers.ForEach(static peer => peer.Dispose());
    }

    private static (Socket Ours, Socket Peer) Pair(int? bufferBytes = null)
    {
        using var listener = TestSockets.New();
        listener.ReceiveBufferSize = 1024 * 1024;
        if (bufferBytes is { } bytes)
        {
            // The window that is announced is fixed by the handshake.
            listener.SendBufferSize = bytes;
        }

        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var peer = TestSockets.New();
        if (bufferBytes is { } window)
        {
            peer.ReceiveBufferSize = window;
        }

        peer.Connect(listener.LocalEndPoint!);
        var ours = listener.Accept();
        ours.Blocking = false;
        return (ours, peer);
    }

    /// <summary>Lets the test act at the moment at which a timer is about to be set.</summary>
    private sealed class HookedTime : TimeProvider
    {
        private readonly FakeTimeProvider _time = new();

        public Action? BeforeNextChange { get; set; }

        public TaskCompletionSource<TimeSpan>? Changed { get; set; }

        public override long TimestampFrequency => _time.TimestampFrequency;

        public void Advance(TimeSpan by) => _time.Advance(by);

        public override long GetTimestamp() => _time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new HookedTimer(this, _time.CreateTimer(callback, state, dueTime, period));

        private sealed class HookedTimer(HookedTime time, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var hook = time.BeforeNextChange;
                time.BeforeNextChange = null;
                hook?.Invoke();
                var isChanged = timer.Change(dueTime, period);
                time.Changed?.TrySetResult(dueTime);
                return isChanged;
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
