using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>
/// An <see cref="SslStream"/> that keeps what its owner is told of nowhere else: why the other side's certificate was not taken (the
/// callback that judges it gets the stream, since the options belong to many handshakes), and whether a session was resumed.
/// </summary>
public sealed class TlsStream : SslStream
{
    private readonly SentHello _hello;

    /// <summary>Makes one.</summary>
    /// <param name="inner">The connection.</param>
    /// <param name="leaveOpen">Whether it stays open when the stream is disposed of.</param>
    public TlsStream(Stream inner, bool leaveOpen = false)
        : this(new SentHello(inner), leaveOpen)
    {
    }

    private TlsStream(SentHello hello, bool leaveOpen)
        : base(hello, leaveOpen) => _hello = hello;

    /// <summary>Why the certificate was not taken; null: it was, or none was judged.</summary>
    public CertificateProblem? Problem { get; set; }

    /// <summary>Whether the client took up an earlier session; known when the handshake is over.</summary>
    public bool IsResumed => _hello.IsResumed;
}
