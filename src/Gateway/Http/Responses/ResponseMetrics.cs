using System.Diagnostics.Metrics;

namespace Gateway.Http.Responses;

/// <summary>Metrics of responses that wait for their clients.</summary>
internal sealed class ResponseMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _ended;

    public ResponseMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Gateway.Http");
        _ended = _meter.CreateCounter<long>(
            "gateway.http.response.stalled", "{response}", "Responses that were ended because their client did not take them, by reason.");
    }

    /// <summary>Adds the gauge of waiting responses.</summary>
    public void Observe(Func<int> count) => _meter.CreateObservableGauge(
        "gateway.http.response.waiting", count, "{response}", "Responses whose client does not take what is there for it.");

    /// <summary>The gateway has ended a response.</summary>
    public void Ended(string listener, ResponseEnd why) =>
        _ended.Add(1, new("listener", listener), new("reason", why == ResponseEnd.Timeout ? "timeout" : "limit"));
}
