using Gateway.Tcp.Listening;

namespace Gateway.Http;

/// <summary>What every connection of a listener needs from the host.</summary>
internal sealed record HttpConnectionServices(TimeProvider Time, ConnectionLimit Limit, HttpConnectionMetrics Metrics, HttpAccessLog AccessLog);
