namespace Gateway.Tcp.Relaying;

/// <summary>
/// Keeps the end of a layer's sending (<c>SslStream.ShutdownAsync</c>) from running while the layer processes bytes that it has read,
/// because .NET 10 locks the reads and writes of SslStream against each other, but not its close_notify. The gate is closed while the layer
/// processes bytes, and open while the layer waits for bytes. Only needed for engines whose connections are used by several threads.
/// </summary>
internal sealed class ReaderGate() : SemaphoreSlim(1)
{
    /// <summary>Closes the gate: the layer was called, or bytes have come.</summary>
    public Task CloseAsync() => WaitAsync();

    /// <summary>Opens the gate: the layer waits for bytes, or has returned.</summary>
    public void Open() => Release();
}
