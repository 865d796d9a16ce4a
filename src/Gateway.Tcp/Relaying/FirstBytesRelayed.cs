namespace Gateway.Tcp.Relaying;

/// <summary>When a relay carried its first bytes.</summary>
/// <param name="ToBackendAt">The timestamp of the first bytes to the backend; 0: there have been none.</param>
/// <param name="ToClientAt">The timestamp of the first bytes to the client; 0: there have been none.</param>
internal readonly record struct FirstBytesRelayed(long ToBackendAt, long ToClientAt);
