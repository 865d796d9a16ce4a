using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// Has a connection guarded against a PROXY header that no policy expects. Nothing is read ahead and nobody waits: the guard sees the bytes
/// on their way.
/// </summary>
internal sealed class UnexpectedHeaderLook(PrologueRules rules) : IPrologueLook
{
    public ValueTask<bool> LookAsync(AcceptedConnection connection)
    {
        if (rules.WatchesWithoutPolicy && connection.ProxyProtocol is null)
        {
            (connection.Guard, connection.GuardAs) = (new FirstBytesGuard(), IdentificationRefusal.UnexpectedHeader);
        }

        return new ValueTask<bool>(true);
    }
}
