using System.Globalization;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Snapshots;

namespace Gateway.Admin.Api;

/// <summary><c>/api/listeners</c>: the listeners of the configuration in force.</summary>
internal sealed class ListenersResource(GatewayRuntime runtime, LiveList live)
{
    // The text is one cell of the page.
    private const int MostNetworks = 8;

    /// <summary>Writes all listeners.</summary>
    public void List(Utf8JsonWriter json)
    {
        var counts = live.CountByListener();
        json.WriteStartArray("listeners");
        foreach (var (name, listener) in runtime.Current.Config.Listeners)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("address", listener.Address);
            json.WriteString("protocol", listener.Protocol?.ToString());
            json.WriteString("clientFrom", ClientFrom(listener));
            json.WriteString("intercept", listener.Intercept?.ToString());
            json.WriteString("source", runtime.Current.SourceOf($"Listeners:{name}"));
            json.WriteNumber("activeConnections", counts.GetValueOrDefault(name));
            if (listener.Limits?.MaxConnections is { } most)
            {
                json.WriteNumber("maxConnections", most);
            }

            if (listener.Protocol is ListenerProtocol.Http or ListenerProtocol.Https)
            {
                var limits = listener.HttpLimits;
                json.WriteString("keepAliveTimeout", TextOf(limits.KeepAliveTimeout));
                json.WriteString("requestHeadersTimeout", TextOf(limits.RequestHeadersTimeout));
                json.WriteString("responseStallTimeout", TextOf(limits.ResponseStallTimeout));
                json.WriteString("maxConnectionDuration", TextOf(limits.MaxConnectionDuration));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string? TextOf(TimeSpan? time) => time?.ToString("c", CultureInfo.InvariantCulture);

    private static string ClientFrom(ListenerConfig listener)
    {
        var ways = string.Join("; ", ListenerText.WaysOf(listener, MostNetworks));
        return ways.Length == 0 ? "the peer is the client" : ways;
    }
}
