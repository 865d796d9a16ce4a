namespace Gateway.Tcp.Admission;

/// <summary>For how many connections there is memory, if each of them stalls with all its buffers full.</summary>
public static class ConnectionMemory
{
    // A stalled HTTP upload: 64 KiB that wait, 64 KiB that are being passed on, and what the server keeps for it. A TCP connection takes
    // far less, an idle one of HTTP some 20 KiB.
    private const long BytesPerConnection = 160 * 1024;

    // The process itself, its code and its routes.
    private const long OwnBytes = 64 * 1024 * 1024;

    /// <summary>
    /// The memory that the runtime may use: of a container's limit (cgroup v1 and v2) what it takes for its heap, three quarters, or
    /// DOTNET_GCHeapHardLimit; without either, all memory of the machine.
    /// </summary>
    public static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The connections that <paramref name="available"/> bytes have room for.</summary>
    public static int RoomIn(long available) => (int)Math.Clamp((available - OwnBytes) / BytesPerConnection, 0, int.MaxValue);
}
