namespace Gateway.Tcp.Relaying;

/// <summary>Keeps a PROXY header of a client that may not send one from reaching the backend.</summary>
public interface IFirstBytesGuard
{
    /// <summary>
    /// Called on the engine's thread with the next bytes from the client, in order, before they are sent on. Once it has answered
    /// <see cref="GuardVerdict.Pass"/> it is not asked again.
    /// </summary>
    GuardVerdict Inspect(ReadOnlySpan<byte> bytes);
}
