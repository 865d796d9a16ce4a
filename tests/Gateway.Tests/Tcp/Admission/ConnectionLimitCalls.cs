using Gateway.Tcp.Admission;

namespace Gateway.Tests.Tcp.Admission;

internal static class ConnectionLimitCalls
{
    /// <summary>Takes a place on this thread, which is no event loop and may wait.</summary>
    public static bool TryAcquire(this ConnectionLimit limit, ConnectionKind kind = ConnectionKind.Relayed) =>
        limit.TryAcquireAsync(kind).AsTask().GetAwaiter().GetResult();
}
