using System.Buffers;
using System.Text.Json;
using Gateway.Tcp.Status;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Admin.Api;

/// <summary>
/// <c>/api/events</c>: server-sent events. Every two seconds <c>status</c>, and <c>closed</c> with the connections that ended since then. A
/// subscriber reads the ring of ended connections itself, so the data plane does not know of subscribers, and a slow subscriber misses
/// connections but delays nothing. The stream ends with the listener.
/// </summary>
internal sealed class EventsResource(
    ConfigResource config, ConnectionsResource connections, ClosedConnections closed, ApiTurn turn, TimeProvider time)
{
    /// <summary>The most subscribers at once. Admin has 32 connections, and scrapes and probes need some of them.</summary>
    public const int MostSubscribers = 8;

    // More than this in two seconds are not readable on a page; the event has their number.
    private const int MostClosed = 50;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private int _subscribers;

    /// <summary>The number of subscribers.</summary>
    public int Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>Sends events until the client leaves or the listener stops.</summary>
    public async Task StreamAsync(HttpContext context)
    {
        if (await ConnectionFilter.ReadAsync(context) is not { } filter)
        {
            return;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = "text/event-stream";
            return;
        }

        if (Interlocked.Increment(ref _subscribers) > MostSubscribers)
        {
            Interlocked.Decrement(ref _subscribers);
            context.Response.Headers.RetryAfter = "10";
            await ApiAnswer.FailAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"there are {MostSubscribers} subscribers already");
            return;
        }

        try
        {
            await SendAsync(context, filter);
        }
        catch (OperationCanceledException)
        {
            // The client has left, or the listener stops.
        }
        finally
        {
            Interlocked.Decrement(ref _subscribers);
        }
    }

    private async Task SendAsync(HttpContext context, ConnectionFilter filter)
    {
        var stops = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stops);
        context.Response.ContentType = "text/event-stream";
        await context.Response.StartAsync(end.Token);
        // Written as a whole: the body's own buffers are of no length once the client has left.
        var events = new ArrayBufferWriter<byte>();
        events.Write("retry: 5000\n\n"u8);
        var seen = closed.Last;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var (since, last) = (seen, closed.Last);
            await turn.TakeAsync(() => WriteNews(events, filter, since, last), end.Token);
            seen = last;
            await context.Response.BodyWriter.WriteAsync(events.WrittenMemory, end.Token);
            events.ResetWrittenCount();
        }
        while (await timer.WaitForNextTickAsync(end.Token));
    }

    private void WriteNews(ArrayBufferWriter<byte> events, ConnectionFilter filter, long since, long last)
    {
        Write(events, "event: status\ndata: "u8, config.WriteStatus);
        if (last != since)
        {
            WriteClosed(events, filter, since, last);
        }
    }

    private void WriteClosed(IBufferWriter<byte> events, ConnectionFilter filter, long since, long last)
    {
        // Those that ended while the turn was waited for are the next event's.
        var ended = connections.Closed(filter, since, last).ToList();
        if (ended.Count == 0)
        {
            return;
        }

        Write(events, "event: closed\ndata: "u8, json =>
        {
            json.WriteStartArray("closed");
            foreach (var connection in ended.Take(MostClosed))
            {
                ConnectionJson.Write(json, connection);
            }

            json.WriteEndArray();
            json.WriteNumber("total", ended.Count);
        });
    }

    // JSON on one line, as an event needs it.
    private static void Write(IBufferWriter<byte> events, ReadOnlySpan<byte> head, Action<Utf8JsonWriter> members)
    {
        events.Write(head);
        using (var json = new Utf8JsonWriter(events))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        events.Write("\n\n"u8);
    }
}
