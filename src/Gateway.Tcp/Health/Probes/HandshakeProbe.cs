namespace Gateway.Tcp.Health.Probes;

/// <summary>Asks nothing: the TLS handshake in front of it, by the cluster's rules, was the check.</summary>
internal sealed class HandshakeProbe : IProbe
{
    /// <inheritdoc/>
    public bool HasAnswer => true;

    /// <inheritdoc/>
    public ValueTask<string?> AskAsync(Stream stream, CancellationToken limit) => default;

    /// <inheritdoc/>
    public ValueTask LeaveAsync(Stream stream, CancellationToken limit) => default;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
