using System.Net;
using System.Text.Json;
using Gateway.Tcp.Status;

namespace Gateway.Admin.Api;

/// <summary>Writes a connection, live or ended.</summary>
internal static class ConnectionJson
{
    /// <summary>Writes one object.</summary>
    public static void Write(Utf8JsonWriter json, ConnectionSummary connection)
    {
        json.WriteStartObject();
        json.WriteString("id", connection.Id);
        json.WriteString("protocol", connection.Protocol);
        json.WriteString("client", connection.RequestClient?.ToString() ?? connection.Client.ToString());
        json.WriteString("peer", connection.Peer.ToString());
        json.WriteString("source", connection.RequestClient is null ? connection.Source?.ToString() : "XForwardedFor");
        if (connection.RequestClient is not null)
        {
            json.WriteString("hop", connection.Client.ToString());
            json.WriteString("hopSource", connection.Source?.ToString());
        }

        json.WriteString("listener", connection.Listener);
        json.WriteString("route", connection.Route);
        json.WriteString("cluster", connection.Cluster);
        json.WriteString("destination", connection.Destination);
        WriteEndPoint(json, "backend", connection.Backend);
        json.WriteString("mode", connection.Mode);
        WriteOptional(json, "serverName", connection.ServerName);
        WriteOptional(json, "request", connection.Request);
        if (connection.Requests is { } requests)
        {
            json.WriteNumber("requests", requests);
        }

        if (connection.Status is { } status)
        {
            json.WriteNumber("status", status);
        }

        json.WriteNumber("received", connection.Received);
        json.WriteNumber("sent", connection.Sent);
        ApiTime.Write(json, "startedAt", connection.StartedAt);
        if (connection.Reason is not null)
        {
            json.WriteString("reason", connection.Reason);
            json.WriteString("detail", connection.Detail);
            json.WriteNumber("durationMs", Math.Round(connection.Duration.TotalMilliseconds, 1));
            ApiTime.Write(json, "closedAt", connection.ClosedAt);
        }

        json.WriteEndObject();
    }

    private static void WriteEndPoint(Utf8JsonWriter json, string name, IPEndPoint? endPoint) =>
        json.WriteString(name, endPoint?.ToString());

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
