using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Transport;

/// <summary>
/// The one connection that Kestrel accepts from a listener on the engine. It has no bytes. Kestrel gives it the features of a connection, a
/// heartbeat, and the calls of a shutdown; the engine's connections get all of these from it, and run Kestrel's pipeline on their loops.
/// Otherwise Kestrel would give each connection to the thread pool (docs/decisions/0103-kestrels-pipeline-runs-on-the-loop.md).
/// </summary>
internal sealed class Carrier : DefaultConnectionContext
{
    private readonly Action _onAbort;

    // In place of the base's, which is disposed of while an abort may still be queued to the thread pool, where its exception would end the
    // process (ASP.NET Core 10). Not disposed, because it has no timer.
    private readonly CancellationTokenSource _closed = new();

    public Carrier(EndPoint local, Action onAbort)
        : base("carrier")
    {
        LocalEndPoint = local;
        ConnectionClosed = _closed.Token;
        _onAbort = onAbort;
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _onAbort();
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }
}
