using System.IO.Pipelines;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The bytes of an accepted connection as pipes, for a server that speaks the protocol itself (HTTP). There is no copy in between: a read
/// of the pipe reads the socket, and a flush sends. So the sockets give the back-pressure, a flush has ended when the kernel has its bytes,
/// and a connection without bytes under way holds no buffer. The pipes may be used from any thread; the code continues on the connection's
/// loop.
/// </summary>
public abstract class ConnectionPipes : IDuplexPipe
{
    /// <inheritdoc/>
    public abstract PipeReader Input { get; }

    /// <inheritdoc/>
    public abstract PipeWriter Output { get; }

    /// <summary>The loop that carries the connection.</summary>
    public abstract EngineLoop CarriedBy { get; }

    /// <summary>
    /// Called on the loop, once, when the client's bytes have come to their end (FIN) or were lost (RST), also while nobody reads. A FIN
    /// behind unread bytes counts when these are read.
    /// </summary>
    public Action? OnPeerLeft { get; set; }

    /// <summary>Whether the client has sent FIN, and bytes before the FIN are not read yet.</summary>
    public abstract bool HasUnreadEnd { get; }

    /// <summary>The number of bytes that were read from the socket.</summary>
    public abstract long Received { get; }

    /// <summary>
    /// Closes in order: sends what was written, then FIN, and reads for a short time what the client is still sending, so that its last
    /// bytes do not turn the FIN into an RST. A client that takes nothing is reset after a time limit. Does nothing if already closed.
    /// </summary>
    public abstract ValueTask CloseAsync();
}
