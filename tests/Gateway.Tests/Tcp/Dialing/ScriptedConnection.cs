using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>A client's connection whose dials end as the test says.</summary>
internal sealed class ScriptedConnection(Func<ConnectRequest, ConnectFailure> script) : TcpConnection
{
    private CloseReason? _abortReason;

    public SocketError Error { get; set; }

    /// <summary>The client has reset, or was aborted.</summary>
    public TaskCompletionSource Ended { get; } = new();

    public List<ConnectRequest> Requests { get; } = [];

    public override IPEndPoint RemoteEndPoint { get; } = IPEndPoint.Parse("203.0.113.7:4000");

    public override IPEndPoint LocalEndPoint { get; } = IPEndPoint.Parse("198.51.100.1:6379");

    public override CloseReason? AbortReason => _abortReason;

    public override RelayedBytes Relayed => default;

    public override ValueTask EnterAsync() => ValueTask.CompletedTask;

    /// <summary>The next wait ends at once, as if its timer fired before its time.</summary>
    public bool EndsAWaitEarly { get; set; }

    public override async ValueTask<SocketError> WaitForAsync(Task task)
    {
        if (EndsAWaitEarly)
        {
            EndsAWaitEarly = false;
            return SocketError.Success;
        }

        await Task.WhenAny(task, Ended.Task);
        return task.IsCompleted ? SocketError.Success : SocketError.ConnectionReset;
    }

    public override ValueTask<ConnectResult> ConnectAsync(ConnectRequest request)
    {
        Requests.Add(request);
        var failure = script(request);
        return new(new ConnectResult(failure == ConnectFailure.None ? this : null, failure, Error));
    }

    public override ValueTask<SocketError> WaitReadableAsync(TimeSpan timeout) => throw new NotSupportedException();

    /// <summary>What the client sends at once; without it the client has reset.</summary>
    public byte[] First { get; init; } = [];

    /// <summary>What was sent to the backend, one entry for each send.</summary>
    public List<byte[]> Sent { get; } = [];

    public override bool MayHaveBytes => First.Length > 0;

    public override IoResult Receive(Span<byte> buffer)
    {
        First.CopyTo(buffer);
        return new(First.Length, First.Length > 0 ? SocketError.Success : SocketError.ConnectionReset);
    }

    public override ValueTask<IoResult> SendAllAsync(ReadOnlyMemory<byte> data, TimeSpan timeout)
    {
        Sent.Add(data.ToArray());
        return new(new IoResult(data.Length, SocketError.Success));
    }

    internal override ValueTask<RelayResult> RelayAsync(RelaySide backend, RelayOptions options, IFirstBytesGuard? guard = null) =>
        throw new NotSupportedException();

    public override ValueTask<SocketError> AwaitBytesAsync() => throw new NotSupportedException();

    public override ValueTask<IoResult> ReadAsync(Memory<byte> buffer) => throw new NotSupportedException();

    public override ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data) => throw new NotSupportedException();

    public override ValueTask<SocketError> ShutdownSendAsync() => throw new NotSupportedException();

    public override void Abort(CloseReason reason)
    {
        _abortReason = reason;
        Ended.TrySetResult();
    }

    public override void Close()
    {
    }

    public override void Reset()
    {
    }
}
