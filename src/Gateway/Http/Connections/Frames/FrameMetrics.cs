using System.Diagnostics.Metrics;

namespace Gateway.Http.Connections.Frames;

/// <summary>Connections that <see cref="FrameGuard"/> ended.</summary>
internal sealed class FrameMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _flooded = meters.Create("Gateway.Http").CreateCounter<long>(
        "gateway.http.connection.flooded", "{connection}",
        "HTTP/2 connections that were ended because most of their frames carried nothing.");

    /// <summary>One was ended.</summary>
    public void Flooded(string listener) => _flooded.Add(1, new KeyValuePair<string, object?>("listener", listener));
}
