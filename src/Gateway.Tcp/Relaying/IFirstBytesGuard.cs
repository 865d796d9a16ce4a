namespace Gateway.Tcp.Relaying;

/// <summary>Looks at a client's first bytes. It keeps a PROXY header from the backend if the client may not send one.</summary>
public interface IFirstBytesGuard
{
    /// <summary>
    /// Called on the engine's thread with the next bytes from the client, in order, before they are sent on. The guard is not called again
    /// after it has answered <see cref="GuardVerdict.Pass"/>.
    /// </summary>
    GuardVerdict Inspect(ReadOnlySpan<byte> bytes);
}
