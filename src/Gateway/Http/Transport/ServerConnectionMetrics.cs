using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Http.Transport;

/// <summary>
/// Counts the connections of an <see cref="EngineListener"/> in the instruments in which Kestrel counts its own, because Kestrel sees only
/// the carrier: <c>kestrel.active_connections</c> and <c>kestrel.connection.duration</c>. The names, units and descriptions are Kestrel's:
/// https://learn.microsoft.com/aspnet/core/log-mon/metrics/built-in#microsoftaspnetcoreserverkestrel
/// </summary>
internal sealed class ServerConnectionMetrics
{
    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly TagList _tags;
    private readonly TagList _durationTags;

    /// <param name="meters">The factory in which Kestrel made its meter.</param>
    /// <param name="local">The listener's address.</param>
    public ServerConnectionMetrics(IMeterFactory meters, IPEndPoint local)
    {
        var meter = meters.Create("Microsoft.AspNetCore.Server.Kestrel");
        _active = meter.CreateUpDownCounter<long>(
            "kestrel.active_connections", "{connection}", "Number of connections that are currently active on the server.");
        _duration = meter.CreateHistogram<double>(
            "kestrel.connection.duration", "s", "The duration of connections on the server.");
        _tags =
        [
            new("server.address", local.Address.ToString()),
            new("server.port", local.Port),
            new("network.type", local.AddressFamily == AddressFamily.InterNetwork ? "ipv4" : "ipv6"),
            new("network.transport", "tcp"),
        ];
        _durationTags = _tags;
        _durationTags.Add("network.protocol.name", "http");
        _durationTags.Add("network.protocol.version", "1.1");
    }

    /// <summary>The carrier begins. Kestrel has counted it, and it is no connection of a client.</summary>
    public void CarrierBegins() => _active.Add(-1, _tags);

    /// <summary>The carrier ends, and Kestrel is about to count that.</summary>
    public void CarrierEnds() => _active.Add(1, _tags);

    /// <summary>A connection begins.</summary>
    /// <returns>The timestamp, for <see cref="Ended"/>.</returns>
    public long Started()
    {
        _active.Add(1, _tags);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>A connection has ended.</summary>
    public void Ended(long began)
    {
        _active.Add(-1, _tags);
        _duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, _durationTags);
    }
}
