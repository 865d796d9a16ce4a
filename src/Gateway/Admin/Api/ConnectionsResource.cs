using System.Text.Json;
using Gateway.Tcp.Status;

namespace Gateway.Admin.Api;

/// <summary>
/// <c>/api/connections</c>: the live connections. <c>/api/closed</c>: those that ended last. <c>/api/reasons</c>: how many ended how.
/// </summary>
internal sealed class ConnectionsResource(LiveList live, ClosedConnections closed)
{
    /// <summary>Answers with live connections.</summary>
    public async Task ListAsync(HttpContext context)
    {
        if (await ConnectionFilter.ReadAsync(context) is not { } filter)
        {
            return;
        }

        var (connections, total) = await live.FindAsync(filter);
        await WriteAsync(context, "connections", connections, total, filter.Limit);
    }

    /// <summary>Answers with ended connections, the newest first. Besides the filter, <c>reason</c> chooses.</summary>
    public async Task ListClosedAsync(HttpContext context)
    {
        if (await ConnectionFilter.ReadAsync(context) is not { } filter)
        {
            return;
        }

        var reason = context.Request.Query["reason"].ToString();
        var found = Closed(filter).Where(connection => reason.Length == 0 || connection.Reason == reason).ToList();
        await WriteAsync(context, "closed", filter.IsOldestFirst ? [.. Enumerable.Reverse(found)] : found, found.Count, filter.Limit);
    }

    /// <summary>The ended connections that a filter matches, the newest first.</summary>
    /// <param name="filter">The filter. Its limit is not applied.</param>
    /// <param name="after">Only connections with a higher sequence.</param>
    public IEnumerable<ConnectionSummary> Closed(ConnectionFilter filter, long after = 0) => closed.Read(after).Where(connection =>
        filter.Matches(connection.ClientAddress, connection.Listener, connection.Route)
        && (filter.Port ?? connection.Client.Port) == connection.Client.Port);

    /// <summary>Answers with the numbers of ended connections by minute and reason.</summary>
    public async Task ListReasonsAsync(HttpContext context)
    {
        await using var answer = ApiAnswer.Begin(context);
        var json = answer.Json;
        json.WriteNumber("intervalSeconds", CloseHistory.Interval.TotalSeconds);
        json.WriteStartArray("intervals");
        foreach (var (from, counts) in closed.History.Read())
        {
            json.WriteStartObject();
            ApiTime.Write(json, "from", from);
            WriteCounts(json, counts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, IReadOnlyList<(string Reason, int Count)> counts)
    {
        json.WriteStartObject("reasons");
        foreach (var (reason, count) in counts)
        {
            json.WriteNumber(reason, count);
        }

        json.WriteEndObject();
    }

    private static async Task WriteAsync(
        HttpContext context, string name, IReadOnlyList<ConnectionSummary> connections, int total, int limit)
    {
        await using var answer = ApiAnswer.Begin(context);
        answer.Json.WriteStartArray(name);
        foreach (var connection in connections.Take(limit))
        {
            ConnectionJson.Write(answer.Json, connection);
            await answer.FlushAsync(context.RequestAborted);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteNumber("total", total);
        answer.Json.WriteNumber("limit", limit);
    }
}
