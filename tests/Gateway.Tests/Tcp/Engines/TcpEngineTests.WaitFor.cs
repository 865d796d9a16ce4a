using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    [Fact]
    public async Task WaitFor_TaskEnds_GoesOnWithTheConnection()
    {
        var task = new TaskCompletionSource();
        var failing = new TaskCompletionSource();
        await using var bench = Bench(
            async (_, connection) =>
            {
                var first = await connection.WaitForAsync(task.Task);
                var failed = await connection.WaitForAsync(failing.Task);
                var completed = await connection.WaitForAsync(Task.CompletedTask);
                return (first, failed, completed, await connection.WaitReadableAsync(TestSockets.Limit));
            },
            out var served);
        var client = await bench.ConnectAsync();
        task.SetResult();
        failing.SetException(new InvalidOperationException("of the task's owner"));
        await client.WriteAsync(Request);

        Assert.Equal((SocketError.Success, SocketError.Success, SocketError.Success, SocketError.Success), await served);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing.Task);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WaitFor_ClientResets_EndsBeforeTheTask(bool saysSomethingFirst)
    {
        var never = new TaskCompletionSource();
        await using var bench = Bench(async (_, connection) => await connection.WaitForAsync(never.Task), out var served);
        var client = await bench.ConnectAsync();
        if (saysSomethingFirst)
        {
            await client.WriteAsync(Request);
        }

        client.Reset();

        Assert.Equal(SocketError.ConnectionReset, await served);
        never.SetResult();
    }

    [Fact]
    public async Task WaitFor_ClientHalfCloses_WaitsOn()
    {
        var task = new TaskCompletionSource();
        var seen = new TaskCompletionSource();
        await using var bench = Bench(
            async (_, connection) =>
            {
                await connection.WaitReadableAsync(TestSockets.Limit);
                seen.SetResult();
                return await connection.WaitForAsync(task.Task);
            },
            out var served);
        var client = await bench.ConnectAsync();
        client.Shutdown(SocketShutdown.Send);
        await seen.Task.Within();
        task.SetResult();

        Assert.Equal(SocketError.Success, await served);
    }

    [Fact]
    public async Task WaitFor_Aborted_EndsAtOnceAndTheTasksEndIsIgnored()
    {
        var late = new TaskCompletionSource();
        await using var bench = Bench(
            async (_, connection) =>
            {
                var waiting = connection.WaitForAsync(late.Task);
                connection.Abort(CloseReason.Drain);
                var first = await waiting;
                late.SetResult();
                return (first, await connection.WaitForAsync(new TaskCompletionSource().Task), connection.AbortReason);
            },
            out var served);
        _ = await bench.ConnectAsync();

        Assert.Equal((SocketError.OperationAborted, SocketError.OperationAborted, CloseReason.Drain), await served);
    }
}
