using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>
/// An <see cref="SslStream"/> that stores two facts that SslStream does not offer: why the other side's certificate was not accepted, and
/// whether a session was resumed. The callback that checks the certificate gets the stream as its sender and stores the problem there,
/// because the options are shared by many handshakes.
/// </summary>
public sealed class TlsStream : SslStream
{
    private readonly SentHello _hello;

    /// <summary>Creates a stream.</summary>
    /// <param name="inner">The connection.</param>
    /// <param name="leaveOpen">Whether the inner stream stays open when this stream is disposed of.</param>
    public TlsStream(Stream inner, bool leaveOpen = false)
        : this(new SentHello(inner), leaveOpen)
    {
    }

    private TlsStream(SentHello hello, bool leaveOpen)
        : base(hello, leaveOpen) => _hello = hello;

    /// <summary>Why the other side's certificate was not accepted; null: it was accepted, or none was checked.</summary>
    public CertificateProblem? Problem { get; set; }

    /// <summary>Whether an earlier session was resumed; known when the handshake is over.</summary>
    public bool IsResumed => _hello.IsResumed;
}
