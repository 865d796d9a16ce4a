using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Gateway.Testing.Network;

/// <summary>
/// A TCP backend of a test. Without a handler each accepted connection is handed to the test, which reads, writes and ends it as it likes;
/// with one (an echo, a banner) connections are served by themselves and still counted and listed.
/// </summary>
public sealed class RecordingTcpServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<TcpPeer, Task>? _handler;
    private readonly Channel<TcpPeer> _accepted = Channel.CreateUnbounded<TcpPeer>();
    private readonly CancellationTokenSource _stop = new();
    private bool _isDisposed;
    private readonly List<TcpPeer> _all = [];
    private readonly Task _accepting;

    private RecordingTcpServer(Socket listener, Func<TcpPeer, Task>? handler)
    {
        _listener = listener;
        _handler = handler;
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Its port.</summary>
    public int Port => EndPoint.Port;

    /// <summary>The address as configuration writes it.</summary>
    public string Address => EndPoint.ToString();

    /// <summary>How many connections it has accepted.</summary>
    public int Accepted
    {
        get
        {
            lock (_all)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>Who connected so far.</summary>
    public IReadOnlyList<IPEndPoint> Remotes
    {
        get
        {
            lock (_all)
            {
                return [.. _all.Select(p => p.Remote)];
            }
        }
    }

    /// <summary>Listens on 127.0.0.1 (or the address given), optionally inside a namespace.</summary>
    public static RecordingTcpServer Start(
        Func<TcpPeer, Task>? handler = null, IPEndPoint? endPoint = null, NetworkNamespace? inside = null, bool saveSyn = false)
    {
        endPoint ??= new IPEndPoint(IPAddress.Loopback, 0);
        if (endPoint.Port == 0 && inside is null)
        {
            // A port of the kernel's choice could be somebody else's as soon as this server has gone, and tests count on a refusal then.
            endPoint = new IPEndPoint(endPoint.Address, FreePorts.Next());
        }

        var listener = inside?.CreateSocket(endPoint.AddressFamily) ?? new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (saveSyn)
        {
            // TCP_SAVE_SYN: TcpPeer.SavedSyn.
            listener.SetRawSocketOption(6, 27, BitConverter.GetBytes(1));
        }

        listener.Bind(endPoint);
        listener.Listen(4096);
        return new RecordingTcpServer(listener, handler);
    }

    /// <summary>A server that sends back what it gets.</summary>
    public static RecordingTcpServer StartEcho(IPEndPoint? endPoint = null, NetworkNamespace? inside = null) => Start(EchoAsync, endPoint, inside);

    /// <summary>A server that answers each connection with the address that it sees, and closes.</summary>
    public static RecordingTcpServer StartPeerName(IPEndPoint? endPoint = null, NetworkNamespace? inside = null) =>
        Start(peer => peer.SendAsync($"{peer.Remote}\n"), endPoint, inside);

    /// <summary>Sends back what comes until the end.</summary>
    public static async Task EchoAsync(TcpPeer peer)
    {
        var buffer = new byte[65536];
        for (int n; (n = await peer.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            await peer.SendAsync(buffer.AsMemory(0, n)).ConfigureAwait(false);
        }
    }

    /// <summary>The next accepted connection that nobody has taken yet.</summary>
    /// <exception cref="TimeoutException">None came.</exception>
    public async Task<TcpPeer> NextAsync(TimeSpan? timeout = null)
    {
        // Cancelled, not abandoned: an abandoned read would take the next connection away from whoever asks then.
        using var limit = new CancellationTokenSource(timeout ?? Eventually.DefaultTimeout);
        try
        {
            return await _accepted.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nobody connected to {EndPoint}.");
        }
    }

    /// <summary>Closes accepted connections that nobody has taken: what an earlier test of a shared server left behind.</summary>
    public void DropPending()
    {
        while (_accepted.Reader.TryRead(out var peer))
        {
            peer.Dispose();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.WaitAsync(Eventually.DefaultTimeout).ConfigureAwait(false);
        _accepted.Writer.TryComplete();
        lock (_all)
        {
            _all.ForEach(p => p.Dispose());
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var peer = new TcpPeer(await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false));
                lock (_all)
                {
                    _all.Add(peer);
                }

                if (_handler is null)
                {
                    _accepted.Writer.TryWrite(peer);
                }
                else
                {
                    _ = ServeAsync(peer);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The listener was closed, or a client was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(TcpPeer peer)
    {
        // An idle echo connection is not a fault: only the test's own waits are limited.
        peer.Timeout = TimeSpan.FromMinutes(10);
        try
        {
            await _handler!(peer).ConfigureAwait(false);
            peer.Dispose();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or EndOfStreamException)
        {
            peer.Dispose();
        }
    }
}
