using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Gateway.Http.Forwarded;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// Ends TLS on the connections of an Https listener, and passes plain HTTP on. The prologue has read the ClientHello and left it in the
/// pipe. Kestrel's own TLS is not used, because it does not report how a handshake ended, closes without an alert if no certificate fits a
/// name, and does not limit concurrent handshakes.
/// </summary>
/// <param name="http1">Serves HTTP/1.1 on the connection.</param>
/// <param name="http2">Serves HTTP/2 on the connection.</param>
/// <param name="time">The clock.</param>
/// <param name="limit">Limits the concurrent handshakes of the process.</param>
/// <param name="metrics">Counts handshakes.</param>
internal sealed class TlsMiddleware(
    ConnectionDelegate http1,
    ConnectionDelegate http2,
    TimeProvider time,
    HandshakeLimit limit,
    TlsMetrics metrics)
{
    // How long a client may take to read the last bytes, close_notify included.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>Serves a connection.</summary>
    public async Task OnConnectionAsync(ConnectionContext context)
    {
        if (context.Features.Get<HttpConnection>() is not { Identity: { Hello: { } hello } identity } connection
            || connection.Listener.Http?.Tls is not { } server)
        {
            // A reload has just changed the protocol of the listener, and the old socket is about to close.
            context.Features.Get<HttpConnection>()?.Fail(CloseReason.Draining);
            return;
        }

        var transport = context.Transport;
        var stream = new TlsStream(new PipeStream(transport));
        var began = time.GetTimestamp();
        var shaken = await ShakeHandsAsync(stream, context, connection, server, hello);
        metrics.Ended(connection.ListenerName, shaken.Result, time.GetElapsedTime(began), shaken.Session?.Version);
        if (shaken.Session is not { } session)
        {
            Fail(connection, shaken);
            return;
        }

        try
        {
            SetFeatures(context, identity with { Tls = session }, stream, session);
            await ServeAsync(context, stream, session.Alpn == "h2" ? http2 : http1);
        }
        finally
        {
            await stream.DisposeAsync();
            context.Transport = transport;
        }
    }

    private async ValueTask<ServerHandshakeResult> ShakeHandsAsync(
        TlsStream stream,
        ConnectionContext context,
        HttpConnection connection,
        IServerTls server,
        ClientHello hello)
    {
        if (server.OptionsFor(hello.ServerName ?? "", hello.Ecdsa) is not { } options)
        {
            await context.Transport.Output.WriteAsync(ServerHandshake.UnrecognizedName);
            await stream.DisposeAsync();
            return ServerHandshakeResult.Unrecognized;
        }

        var left = connection.LeftForHandshake(server.HandshakeTimeout, time);
        return await ServerHandshake.RunAsync(stream, hello, options, left, limit, time);
    }

    private static void Fail(HttpConnection connection, ServerHandshakeResult shaken)
    {
        var outcome = shaken.ToOutcome(connection.IsStopped);
        // Does not abort after a failed handshake, so that the TLS alert reaches the client.
        connection.Fail(outcome, isInOrder: shaken.Result is not (TlsResult.Closed or TlsResult.Timeout));
    }

    private static void SetFeatures(ConnectionContext context, ConnectionIdentity identity, TlsStream stream, TlsSession session)
    {
        var tls = new TlsFeature(stream);
        context.Features.Set(identity);
        context.Features.Set(new EndedTls(session, tls.ClientCertificate));
        context.Features.Set<ITlsConnectionFeature>(tls);
        context.Features.Set<ITlsApplicationProtocolFeature>(tls);
        context.Features.Set<ITlsHandshakeFeature>(tls);
    }

    private static async Task ServeAsync(ConnectionContext context, SslStream stream, ConnectionDelegate http)
    {
        var pool = context.Features.Get<IMemoryPoolFeature>()?.MemoryPool ?? MemoryPool<byte>.Shared;
        // With zero-byte reads, a connection that waits for its next request holds no buffer.
        var input = PipeReader.Create(stream, new StreamPipeReaderOptions(pool, leaveOpen: true, useZeroByteReads: true));
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(pool, leaveOpen: true));
        context.Transport = new Pipes(input, output);
        try
        {
            await http(context);
        }
        finally
        {
            await input.CompleteAsync();
            await output.CompleteAsync();
        }

        await SayGoodbyeAsync(context, stream);
    }

    // Sends close_notify (RFC 8446, 6.1). Without it, a client treats a response that ends with the connection as truncated.
    private static async Task SayGoodbyeAsync(ConnectionContext context, SslStream stream)
    {
        if (context.ConnectionClosed.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await stream.ShutdownAsync().WaitAsync(Farewell);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or TimeoutException or OperationCanceledException)
        {
            // The client has already left.
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
