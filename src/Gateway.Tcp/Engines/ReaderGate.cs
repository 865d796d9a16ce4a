namespace Gateway.Tcp.Engines;

/// <summary>
/// Keeps the end of a layer's sending (<c>SslStream.ShutdownAsync</c>) from running while the layer works on what it has read: .NET 10
/// locks its reads and writes against each other, but not its close_notify. The gate is closed while the layer works, and open while the
/// layer waits for bytes. Only for engines whose connections are touched by several threads.
/// </summary>
internal sealed class ReaderGate() : SemaphoreSlim(1)
{
    /// <summary>The layer begins to work: it was called, or bytes have come.</summary>
    public Task CloseAsync() => WaitAsync();

    /// <summary>The layer waits for bytes, or has returned.</summary>
    public void Open() => Release();
}
