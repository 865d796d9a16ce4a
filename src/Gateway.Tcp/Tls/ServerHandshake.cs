using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Tls;

/// <summary>
/// The handshake with a client, in which the gateway is the TLS server. The client's ClientHello has been read and is not answered yet.
/// </summary>
public static class ServerHandshake
{
    /// <summary>
    /// The alert unrecognized_name. A fatal alert before any answer is sent unencrypted (RFC 8446, section 6; RFC 6066, section 3: the
    /// alert has the number 112).
    /// </summary>
    public static ReadOnlyMemory<byte> UnrecognizedName { get; } = new byte[] { 0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 112 };

    /// <summary>Does the handshake on an engine's connection.</summary>
    /// <param name="client">The connection.</param>
    /// <param name="received">The bytes that were read from the connection: the ClientHello, and the bytes behind it.</param>
    /// <param name="hello">What the ClientHello says.</param>
    /// <param name="server">The TLS settings of the listener.</param>
    /// <param name="timeout">How long it may take from now.</param>
    /// <param name="limit">How many handshakes there may be at once.</param>
    /// <param name="time">The clock.</param>
    internal static async ValueTask<ServerHandshakeResult> RunAsync(
        TcpConnection client,
        ReadOnlyMemory<byte> received,
        ClientHello hello,
        IServerTls server,
        TimeSpan timeout,
        HandshakeLimit limit,
        TimeProvider time)
    {
        if (server.OptionsFor(hello.ServerName ?? "", hello.Ecdsa) is not { } options)
        {
            await client.SendAllAsync(UnrecognizedName, timeout);
            return ServerHandshakeResult.Unrecognized;
        }

        // The bytes are copied, because the record gives its buffer back.
        var beneath = new ConnectionStream(client, received.ToArray());
        var stream = new TlsStream(beneath);
        var result = await RunAsync(stream, hello, options, timeout, limit, time, client.EnterAsync);
        return result.Problem is null ? result with { Side = StreamSide.Of(stream, beneath, client) } : result;
    }

    /// <summary>Does the handshake on a stream, and disposes of the stream if the handshake fails.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="hello">The content of the ClientHello; its bytes are still to be read from the stream.</param>
    /// <param name="options">The certificate and the rules.</param>
    /// <param name="timeout">How long it may take from now.</param>
    /// <param name="limit">How many handshakes there may be at once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="enter">Continues on the thread that the connection's engine requires; null: any thread.</param>
    public static async ValueTask<ServerHandshakeResult> RunAsync(
        TlsStream stream,
        ClientHello hello,
        SslServerAuthenticationOptions options,
        TimeSpan timeout,
        HandshakeLimit limit,
        TimeProvider time,
        Func<ValueTask>? enter = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(hello);
        ArgumentNullException.ThrowIfNull(limit);
        try
        {
            using var late = new CancellationTokenSource(timeout, time);
            using var place = await limit.EnterAsync(late);
            if (enter is not null)
            {
                await enter();
            }

            await stream.AuthenticateAsServerAsync(options, late.Token);
            return new ServerHandshakeResult(stream.IsResumed ? TlsResult.Resumed : TlsResult.Full, null)
            {
                Session = SessionOf(stream, hello),
            };
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            await stream.DisposeAsync();
            return ResultOf(failed, stream);
        }
    }

    private static ServerHandshakeResult ResultOf(Exception failed, TlsStream stream) => failed switch
    {
        OperationCanceledException => new(TlsResult.Timeout, "timeout"),
        _ when stream.Problem is { } problem => new(TlsResult.ClientCertificate, $"client_certificate_{problem.Word}"),
        AuthenticationException => new(TlsResult.Failed, TlsProblem.Of(failed)),
        { InnerException: SocketException } or IOException => new(TlsResult.Closed, "closed"),
        _ => new(TlsResult.Failed, TlsProblem.Of(failed)),
    };

    private static TlsSession SessionOf(TlsStream stream, ClientHello hello)
    {
        var ours = stream.LocalCertificate is X509Certificate2 shown ? TlsNames.Of(shown) : null;
        var theirs = stream.RemoteCertificate as X509Certificate2;
        var protocol = stream.NegotiatedApplicationProtocol.Protocol;
        return new TlsSession
        {
            Version = TlsNames.VersionOf(stream.SslProtocol),
            Cipher = TlsNames.CipherOf(stream.NegotiatedCipherSuite),
            ServerName = hello.ServerName,
            Alpn = protocol.IsEmpty ? null : System.Text.Encoding.Latin1.GetString(protocol.Span),
            SignatureAlgorithm = ours?.Signature,
            KeyAlgorithm = ours?.Key,
            IsResumed = stream.IsResumed,
            HasClientCertificate = theirs is not null,
            ClientName = theirs is null ? null : TlsNames.CommonNameOf(theirs),
        };
    }
}
