namespace Gateway.Tcp.Admission;

/// <summary>The number of connections that fit into memory if each connection stalls with all its buffers full.</summary>
public static class ConnectionMemory
{
    // A stalled HTTP upload: 64 KiB that wait, 64 KiB that are being passed on, and the server's own objects. A TCP connection takes far
    // less, and an idle HTTP connection some 20 KiB.
    private const long BytesPerConnection = 160 * 1024;

    // The process itself, its code and its routes.
    private const long OwnBytes = 64 * 1024 * 1024;

    /// <summary>
    /// The memory that the runtime may use for its heap: three quarters of a container's limit (cgroup v1 and v2), or
    /// DOTNET_GCHeapHardLimit. Without either, all memory of the machine.
    /// </summary>
    public static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The number of connections that fit into <paramref name="available"/> bytes.</summary>
    public static int RoomIn(long available) => (int)Math.Clamp((available - OwnBytes) / BytesPerConnection, 0, int.MaxValue);
}
