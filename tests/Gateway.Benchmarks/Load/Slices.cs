namespace Gateway.Benchmarks.Load;

/// <summary>What a slice does.</summary>
internal enum SliceKind
{
    /// <summary>Sends as fast as the other side reads.</summary>
    Bulk,

    /// <summary>64 bytes there and back, over and over.</summary>
    PingPong,

    /// <summary>Connect, 64 bytes there and back, close.</summary>
    Short,

    /// <summary>Connect, 64 bytes there and back, stay.</summary>
    Idle,
}

/// <summary>One slice of load against one port.</summary>
internal sealed record SliceRequest(SliceKind Kind, int Port, int Connections, bool WithHeader = false, double WarmUpSeconds = 0.25, double Seconds = 1)
{
    /// <summary>What is sent and echoed; null: 64 bytes.</summary>
    public byte[]? Message { get; init; }

    /// <summary>The connection is a WebSocket's: a request with Upgrade comes first, and the messages follow its 101.</summary>
    public bool WithUpgrade { get; init; }

    /// <summary>Each PROXY header tells of another client, one of 16 million.</summary>
    public bool ManyClients { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Units">Bytes, exchanges or connections in the measured time.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="TotalUnits">The same with the warm-up, which the CPU time includes.</param>
/// <param name="P50Microseconds">Median latency.</param>
/// <param name="P99Microseconds">99th percentile.</param>
/// <param name="Errors">Connections that failed.</param>
internal sealed record SliceResult(long Units, double Seconds, double TotalUnits, int P50Microseconds, int P99Microseconds, long Errors)
{
    public double PerSecond => Units / Seconds;
}
