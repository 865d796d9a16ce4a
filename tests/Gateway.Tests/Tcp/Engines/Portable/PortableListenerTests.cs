using System.Collections.Concurrent;
using System.Net;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tests.Tcp.Engines.Portable;

/// <summary>Nothing but StopAsync ends the portable accept loop.</summary>
public sealed class PortableListenerTests
{
    [Fact]
    public async Task Accept_Throws_IsReportedAndTheLoopGoesOn()
    {
        var faults = new ConcurrentQueue<Exception>();
        await using var engine = new PortableTcpEngine(TimeProvider.System, onFault: faults.Enqueue);
        var socket = TestSockets.Listen();
        var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepts = 0;
        var acceptor = new SocketAcceptor(
            async stop =>
                Interlocked.Increment(ref accepts) == 1 ? throw new InvalidOperationException("a bug") : await socket.AcceptAsync(stop),
            static _ => false,
            onPause: null,
            onTurnedAway: null,
            TimeProvider.System);
        await using var listener = new PortableListener(socket, acceptor, new TcpListenOptions(), engine);
        listener.Start(connection =>
        {
            connection.Close();
            accepted.TrySetResult();
        });

        using var client = TestSockets.New();
        await client.ConnectAsync((IPEndPoint)socket.LocalEndPoint!).Within();

        await accepted.Task.Within();
        Assert.Equal("a bug", Assert.Single(faults).Message);
        await listener.StopAsync().Within();
    }
}
