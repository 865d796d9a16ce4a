using Gateway.Tcp.Admission;

namespace Gateway.Http.Connections;

/// <summary>The process's cap on connections, for those of HTTP clients: each leaves room for one to a destination.</summary>
internal sealed class HttpConnectionLimit(ConnectionLimit limit)
{
    /// <summary>Takes a place; false if all are taken.</summary>
    public bool TryAcquire() => limit.TryAcquire(ConnectionKind.Http);

    /// <summary>Gives it back.</summary>
    public void Release() => limit.Release(ConnectionKind.Http);
}
