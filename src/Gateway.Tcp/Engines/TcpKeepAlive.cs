namespace Gateway.Tcp.Engines;

/// <summary>TCP keep-alive (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).</summary>
/// <param name="Time">Silence before the first probe; under 240 s, because load balancers forget idle flows after 240–350 s.</param>
/// <param name="Interval">Time between probes.</param>
/// <param name="Retries">Unanswered probes until the connection counts as dead.</param>
public sealed record TcpKeepAlive(TimeSpan Time, TimeSpan Interval, int Retries);
