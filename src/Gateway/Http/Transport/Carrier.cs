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

    public Carrier(EndPoint local, Action onAbort)
        : base("carrier")
    {
        LocalEndPoint = local;
        _onAbort = onAbort;
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _onAbort();
        base.Abort(abortReason);
    }
}
