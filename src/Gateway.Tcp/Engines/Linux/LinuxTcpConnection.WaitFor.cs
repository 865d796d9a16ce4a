using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Linux;

/// <content>
/// Waiting for somebody else's task. It ends on any thread and posts to the loop, where it may find that the wait has ended by other means and the next operation has
/// begun: hence an object for each wait.
/// </content>
internal sealed partial class LinuxTcpConnection
{
    private TaskEnd? _waitedFor;

    /// <inheritdoc/>
    public override ValueTask<SocketError> WaitForAsync(Task task)
    {
        Debug.Assert(_loop.IsCurrent || _loop.HasEnded, "on the loop's thread");
        if (IsUnusable || HasFailed)
        {
            return new ValueTask<SocketError>(IsUnusable ? SocketError.OperationAborted : SocketError.ConnectionReset);
        }

        if (task.IsCompleted)
        {
            return new ValueTask<SocketError>(SocketError.Success);
        }

        Begin(Operation.WaitFor);
        _waitedFor = new TaskEnd(this);
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_waitedFor.Post);
        return new ValueTask<SocketError>(this, _source.Version);
    }

    private void EndWaitFor(SocketError error)
    {
        _waitedFor = null;
        Complete(error);
    }

    private sealed class TaskEnd(LinuxTcpConnection connection) : ILoopWork
    {
        // A loop that has ended has ended the wait too.
        public void Post() => _ = connection._loop.Post(this);

        public void RunOnLoop()
        {
            if (ReferenceEquals(connection._waitedFor, this))
            {
                connection.EndWaitFor(SocketError.Success);
            }
        }
    }
}
