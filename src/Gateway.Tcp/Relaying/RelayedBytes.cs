namespace Gateway.Tcp.Relaying;

/// <summary>
/// The payload bytes that a relay has carried. A byte counts when the kernel of the receiving side's socket has taken it.
/// </summary>
/// <param name="ToBackend">Bytes from the client to the backend.</param>
/// <param name="ToClient">Bytes from the backend to the client.</param>
public readonly record struct RelayedBytes(long ToBackend, long ToClient);
