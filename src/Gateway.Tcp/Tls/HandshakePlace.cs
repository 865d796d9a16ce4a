namespace Gateway.Tcp.Tls;

/// <summary>The place of a handshake under a <see cref="HandshakeLimit"/>, or in its queue.</summary>
internal sealed class HandshakePlace(HandshakeLimit limit, CancellationTokenSource handshake) : IDisposable
{
    /// <summary>Completed once it has its place.</summary>
    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where the limit holds it.</summary>
    public LinkedListNode<HandshakePlace>? Node { get; set; }

    /// <summary>Since when it has its place: a timestamp.</summary>
    public long EnteredAt { get; set; }

    /// <summary>Ends the handshake. On a thread of the pool: what continues is another connection's.</summary>
    public void End() => ThreadPool.UnsafeQueueUserWorkItem(
        static place =>
        {
            try
            {
                place.Handshake.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended by itself.
            }
        },
        this,
        preferLocal: false);

    /// <inheritdoc/>
    public void Dispose() => limit.Leave(this);

    private CancellationTokenSource Handshake => handshake;
}
