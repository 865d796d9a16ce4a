using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Health.Probes;

/// <summary>
/// Begins a TLS handshake with a server whose TLS is none of the gateway's: the clients' own TLS passes through. A ServerHello is enough.
/// The certificate is not judged, because only the clients know whom they trust, and a handshake that fails later (the server asks for a
/// client certificate) is good too.
/// </summary>
/// <param name="host">The server name that is asked for.</param>
internal sealed class ServerHelloProbe(string host) : IProbe
{
    /// <inheritdoc/>
    public bool HasAnswer { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<string?> AskAsync(Stream stream, CancellationToken limit)
    {
        var first = new FirstAnswer(stream);
        var tls = new TlsStream(first, leaveOpen: true);
        await using (tls)
        {
            try
            {
                await tls.AuthenticateAsClientAsync(Options(), limit);
                HasAnswer = true;
                await tls.ShutdownAsync();
                return null;
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                HasAnswer = !first.Bytes.IsEmpty;
                return ServerHello.Read(first.Bytes) == ServerHelloKind.None ? $"tls:{ClientHandshake.ProblemOf(failed, tls)}" : null;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(Stream stream, CancellationToken limit) => default;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    [SuppressMessage("Security", "CA5359", Justification = "Nothing is sent, and nothing that the server says is believed.")]
    private SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = host,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };
}
