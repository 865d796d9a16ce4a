namespace Gateway.Tcp.AccessLogs;

/// <summary>The rules of one listener.</summary>
/// <param name="IsEnabled">Whether its connections have lines.</param>
/// <param name="Sample">The share of them, 0 to 1, that have lines although nothing went wrong.</param>
public sealed record ListenerAccessLog(bool IsEnabled, double Sample);
