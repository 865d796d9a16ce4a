using Gateway.Configuration;

namespace Gateway.Observability;

/// <summary>
/// Metrics whose series exist at zero as soon as a configuration is in force, because <c>rate()</c> and <c>increase()</c> miss the event
/// that creates a series. A class of metrics that is registered as this interface gets each configuration. (The TCP data plane has
/// <c>TcpMetrics.StartAtZero</c>.)
/// </summary>
internal interface IStartsAtZero
{
    /// <summary>Adds zero to each series of a configuration that is put in force. A second call changes nothing.</summary>
    void StartAtZero(GatewayConfig config);
}
