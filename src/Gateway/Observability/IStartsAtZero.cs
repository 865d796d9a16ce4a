using Gateway.Configuration;

namespace Gateway.Observability;

/// <summary>
/// Metrics whose series exist at zero as soon as a configuration is in force: <c>rate()</c> and <c>increase()</c> never see the first event
/// of a series that appears with it. Register a class of metrics as one of these, and each configuration is shown to it. (Those of the TCP
/// data plane are <c>TcpMetrics.StartAtZero</c>.)
/// </summary>
internal interface IStartsAtZero
{
    /// <summary>Adds zero to each series of a configuration that takes effect. Adding it again changes nothing.</summary>
    void StartAtZero(GatewayConfig config);
}
