namespace Gateway.Tcp.Tls;

/// <summary>The place of a handshake under a <see cref="HandshakeLimit"/>, or in its queue.</summary>
internal sealed class HandshakePlace(HandshakeLimit limit, CancellationTokenSource handshake) : IDisposable
{
    /// <summary>Completed when the handshake has its place.</summary>
    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The node in the limit's list of places, or in its queue.</summary>
    public LinkedListNode<HandshakePlace>? Node { get; set; }

    /// <summary>The timestamp when the handshake got its place.</summary>
    public long EnteredAt { get; set; }

    /// <summary>
    /// Ends the handshake, on a thread of the pool, because the cancelled code belongs to another connection than the caller's.
    /// </summary>
    public void End() => ThreadPool.UnsafeQueueUserWorkItem(
        static place =>
        {
            try
            {
                place.Handshake.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The handshake has already ended.
            }
        },
        this,
        preferLocal: false);

    /// <inheritdoc/>
    public void Dispose() => limit.Leave(this);

    private CancellationTokenSource Handshake => handshake;
}
