using Gateway.Http.Requests;
using Gateway.Tcp;
using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Connections;

/// <summary>What every connection of a listener needs from the host.</summary>
/// <param name="Time">For limits.</param>
/// <param name="Limit">The cap on connections.</param>
/// <param name="Metrics">What is counted before HTTP starts.</param>
/// <param name="AccessLog">Tells of those that HTTP never starts on.</param>
/// <param name="Departures">Notices clients that leave.</param>
/// <param name="Warnings">Tells the operator of those that are refused.</param>
/// <param name="Tcp">Reads TCP options; null: no listener looks at any.</param>
internal sealed record HttpConnectionServices(
    TimeProvider Time,
    HttpConnectionLimit Limit,
    HttpConnectionMetrics Metrics,
    HttpAccessLog AccessLog,
    DepartureWatch Departures,
    OperatorWarnings Warnings,
    TcpDataPlane? Tcp = null);
