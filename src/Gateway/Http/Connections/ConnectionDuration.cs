using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>Asks each connection of a listener to end in order, when it has lasted for its longest duration.</summary>
/// <param name="next">Runs the connection.</param>
/// <param name="most">The longest duration.</param>
/// <param name="jitter">The share of it by which a connection may end earlier.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Chooses each connection's end; safe from any thread.</param>
internal sealed class ConnectionDuration(ConnectionDelegate next, TimeSpan most, double jitter, TimeProvider time, Random random)
{
    /// <summary>Runs a connection.</summary>
    public async Task OnConnectionAsync(ConnectionContext context)
    {
        var duration = most * (1 - (jitter * random.NextDouble()));
        TimerCallback end = static connection => ((HttpConnection?)connection)?.RequestClose();
        await using var timer = time.CreateTimer(end, context.Features.Get<HttpConnection>(), duration, Timeout.InfiniteTimeSpan);
        await next(context);
    }
}
