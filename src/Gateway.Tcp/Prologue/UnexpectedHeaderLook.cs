using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// Sets a guard against a PROXY header on a listener without a policy, or whose policy only observes. Nothing is read ahead and nothing is
/// waited for: the guard sees the bytes when they are passed on.
/// </summary>
internal sealed class UnexpectedHeaderLook(PrologueRules rules) : IPrologueLook
{
    public ValueTask<bool> LookAsync(AcceptedConnection connection)
    {
        if (rules.WatchesWithoutPolicy && connection.ProxyProtocol is null or { Observes: true })
        {
            (connection.Guard, connection.GuardAs) = (new FirstBytesGuard(), IdentificationRefusal.UnexpectedHeader);
        }

        return new ValueTask<bool>(true);
    }
}
