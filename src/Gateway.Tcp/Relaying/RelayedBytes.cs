namespace Gateway.Tcp.Relaying;

/// <summary>Payload that a relay has carried; each what the receiving side's kernel took.</summary>
/// <param name="ToBackend">From the client.</param>
/// <param name="ToClient">From the backend.</param>
public readonly record struct RelayedBytes(long ToBackend, long ToClient);
