using Gateway.Tcp.Relaying;

namespace Gateway.Admin;

/// <summary>
/// Gives gauges whose names end with <c>_count</c> no type in the Prometheus text. Prometheus reserves that ending for histograms and
/// summaries, and <c>promtool check metrics</c> complains about it for every other type. Some of the names are .NET's, and dashboards use
/// ours, so the names stay. A type changes nothing about how Prometheus stores or evaluates a series. OpenMetrics, which promtool does not
/// check, knows no <c>untyped</c>, and stays as it is.
/// </summary>
/// <param name="body">The response's body. The exporter writes each response at once, so no line is cut.</param>
/// <param name="response">The response, whose content type is known at the first write.</param>
internal sealed class UntypedCounts(Stream body, HttpResponse response) : AsyncStream
{
    private static ReadOnlySpan<byte> Typed => "_count gauge\n"u8;

    private static byte[] Untyped { get; } = "_count untyped\n"u8.ToArray();

    /// <summary>Runs the rest of the application with a body that does so, for the path of the metrics.</summary>
    public static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value != "/metrics")
        {
            await next(context);
            return;
        }

        var body = context.Response.Body;
        context.Response.Body = new UntypedCounts(body, context.Response);
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var isClassic = response.ContentType?.StartsWith("text/plain", StringComparison.Ordinal) == true;
        for (int at; isClassic && (at = buffer.Span.IndexOf(Typed)) >= 0; buffer = buffer[(at + Typed.Length)..])
        {
            await body.WriteAsync(buffer[..at], cancellationToken);
            await body.WriteAsync(Untyped, cancellationToken);
        }

        await body.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);

    /// <summary>Not supported: nobody reads a response.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
