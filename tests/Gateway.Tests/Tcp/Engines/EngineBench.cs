using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>
/// An engine between test sockets: a listener whose connections are dialed to a backend socket and relayed, unless the test takes them over
/// (<see cref="Serve"/>). Every wait has a deadline.
/// </summary>
internal sealed class EngineBench : IAsyncDisposable
{
    private readonly Socket _backendListener;
    private readonly Channel<RelayResult> _results = Channel.CreateUnbounded<RelayResult>();
    private readonly Channel<Exception> _failures = Channel.CreateUnbounded<Exception>();
    private readonly ConcurrentBag<Socket> _sockets = [];

    private EngineBench(ITcpEngine engine, TcpListenOptions? options, IPEndPoint? address)
    {
        Engine = engine;
        _backendListener = TestSockets.Listen();
        Serve = connection => RelayAsync(connection);
        Listener = engine.Bind(address ?? new IPEndPoint(IPAddress.Loopback, 0), options ?? new TcpListenOptions());
    }

    public ITcpEngine Engine { get; }

    public ITcpEngineListener Listener { get; }

    public IPEndPoint BackendEndPoint => (IPEndPoint)_backendListener.LocalEndPoint!;

    public RelayOptions RelayOptions { get; set; } = new();

    public IFirstBytesGuard? Guard { get; set; }

    /// <summary>What happens to an accepted connection; an exception fails the test at its next wait for a result.</summary>
    public Func<TcpConnection, Task> Serve { get; set; }

    public static EngineBench Start(ITcpEngine engine, RelayOptions? relay = null, TcpListenOptions? listen = null, Func<EngineBench, TcpConnection, Task>? serve = null)
    {
        var bench = new EngineBench(engine, listen, null) { RelayOptions = relay ?? new RelayOptions() };
        if (serve is not null)
        {
            bench.Serve = connection => serve(bench, connection);
        }

        bench.Listener.Start(connection => _ = bench.ServeSafelyAsync(connection));
        return bench;
    }

    /// <summary>A client of the engine's listener.</summary>
    public async Task<Socket> ConnectAsync(int? receiveBufferBytes = null)
    {
        var client = TestSockets.New();
        _sockets.Add(client);
        if (receiveBufferBytes is { } bytes)
        {
            // The window that is announced is fixed by the handshake.
            client.ReceiveBufferSize = bytes;
        }

        // Not asynchronously: on loopback a blocking connect has ended before the engine can reset the connection, which some tests make it
        // do at once.
        await Task.Run(() => client.Connect(Listener.LocalEndPoint)).Within();
        return client;
    }

    /// <summary>The backend's end of the next dialed connection.</summary>
    public async Task<Socket> AcceptAsync()
    {
        var backend = await _backendListener.AcceptAsync().Within();
        backend.NoDelay = true;
        _sockets.Add(backend);
        return backend;
    }

    public async Task<(Socket Client, Socket Backend)> ConnectPairAsync()
    {
        var client = await ConnectAsync();
        return (client, await AcceptAsync());
    }

    public async Task<RelayResult> NextResultAsync()
    {
        var result = _results.Reader.ReadAsync().AsTask();
        var failure = _failures.Reader.WaitToReadAsync().AsTask();
        if (await Task.WhenAny(result, failure).Within() == failure && _failures.Reader.TryRead(out var exception))
        {
            throw new InvalidOperationException("serving a connection failed", exception);
        }

        return await result;
    }

    /// <summary>Dials the backend and relays, over the layers that are given.</summary>
    public async Task RelayAsync(
        TcpConnection client,
        Action<TcpConnection>? prepare = null,
        Func<TcpConnection, Task<RelaySide>>? overClient = null,
        Func<TcpConnection, Task<RelaySide>>? overBackend = null)
    {
        var dialed = await client.ConnectAsync(new ConnectRequest { Destination = BackendEndPoint, Timeout = TestSockets.Limit });
        if (dialed.Connection is not { } backend)
        {
            client.Reset();
            throw new InvalidOperationException($"{dialed.Failure}: {dialed.Error}");
        }

        prepare?.Invoke(backend);
        RelaySide clientSide = overClient is null ? client : await overClient(client);
        RelaySide backendSide = overBackend is null ? backend : await overBackend(backend);
        _results.Writer.TryWrite(await clientSide.RelayAsync(backendSide, RelayOptions, Guard));
    }

    /// <summary>Closes the test's sockets so far.</summary>
    public void ForgetSockets()
    {
        while (_sockets.TryTake(out var socket))
        {
            socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        ForgetSockets();
        _backendListener.Dispose();
        await Listener.DisposeAsync().AsTask().Within();
        await Engine.DisposeAsync().AsTask().Within();
    }

    private async Task ServeSafelyAsync(TcpConnection connection)
    {
        try
        {
            await connection.EnterAsync();
            await Serve(connection);
        }
        catch (Exception exception)
        {
            _failures.Writer.TryWrite(exception);
        }
    }
}
