using Gateway.Benchmarks.Load;

namespace Gateway.Benchmarks.Run;

/// <summary>One row of the table: what is done, in which unit it is told, and the bar.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Kind">What the clients do.</param>
/// <param name="Connections">How many at once.</param>
/// <param name="WithHeader">PROXY protocol in and out.</param>
/// <param name="SpeedGoal">Our speed over the best peer's, at least.</param>
/// <param name="CpuGoal">Our CPU per unit over the best peer's, at most; null: no goal.</param>
internal sealed record Cell(string Name, SliceKind Kind, int Connections, bool WithHeader, double SpeedGoal, double? CpuGoal)
{
    public static IReadOnlyList<Cell> All { get; } =
    [
        new("bulk 1", SliceKind.Bulk, 1, false, 1.15, 0.85),
        new("bulk 50", SliceKind.Bulk, 50, false, 1.05, 1.0),
        new("ping-pong 1", SliceKind.PingPong, 1, false, 1.0, 1.0),
        new("ping-pong 50", SliceKind.PingPong, 50, false, 1.0, 1.0),
        new("ping-pong 1000", SliceKind.PingPong, 1000, false, 1.0, 1.0),
        new("ping-pong 50 PROXY", SliceKind.PingPong, 50, true, 1.0, 1.0),
        new("short 16", SliceKind.Short, 16, false, 1.0, null),
        new("short 16 PROXY", SliceKind.Short, 16, true, 1.0, null),
    ];

    public static IReadOnlyList<Cell> WebSockets { get; } =
        [.. new[] { 1, 50 }.Select(static connections =>
            new Cell($"websocket ping-pong {connections}", SliceKind.PingPong, connections, false, 1.0, null) { WithUpgrade = true })];

    /// <summary>What is sent and echoed; null: 64 bytes.</summary>
    public byte[]? Message { get; init; }

    /// <summary>The connection is a WebSocket's.</summary>
    public bool WithUpgrade { get; init; }

    public int PortOf(Peers.Proxy proxy) =>
        WithUpgrade ? proxy.Http : Kind == SliceKind.Bulk ? proxy.Sink : WithHeader ? proxy.Header : proxy.Plain;

    /// <summary>Bytes are told in GB, everything else as it is.</summary>
    public double UnitsPerRow => Kind == SliceKind.Bulk ? 1e9 : 1;
}

/// <summary>One proxy in one cell: all rounds.</summary>
internal sealed record Row(string Proxy)
{
    public List<double> Speeds { get; } = [];

    public List<double> CpuPerUnit { get; } = [];

    public List<double> P50 { get; } = [];

    public List<double> P99 { get; } = [];

    public long Errors { get; set; }
}
