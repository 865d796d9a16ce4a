namespace Gateway.Benchmarks.Run;

/// <summary>One row of the HTTP table.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Path">What is asked for.</param>
/// <param name="Connections">How many at once.</param>
/// <param name="Close">A connection for each request.</param>
/// <param name="WithHeader">The backend learns the client from a PROXY header.</param>
/// <param name="OverYarp">Our speed over plain YARP's, at least; null: YARP cannot do it.</param>
/// <param name="OverNginx">The same for nginx.</param>
/// <param name="CpuOverOther">Our CPU over that of the build that had HTTP on .NET's sockets (--other), at most; null: no goal.</param>
/// <param name="PerSecond">
/// Requests a second; null: each connection sends again at once. With a rate, p99 is to be no worse than the other build's.
/// </param>
internal sealed record HttpCell(
    string Name,
    string Path,
    int Connections,
    double? OverYarp,
    double? OverNginx,
    double? CpuOverOther,
    bool Close = false,
    bool WithHeader = false,
    int? PerSecond = null)
{
    public static IReadOnlyList<HttpCell> All { get; } =
    [
        new("http keep-alive 64 B", "/small", 32, 1.35, 0.75, 0.7),
        new("http 1 MB", "/1mb", 8, 1.2, 1.5, 0.6),
        new("http connection per request", "/small", 16, 1.2, 0.7, 0.6, Close: true),
        new("http keep-alive 64 B, PROXY to the backend", "/header/small", 32, null, null, 0.75, WithHeader: true),
        new("http keep-alive 64 B, 10,000 requests/s", "/small", 32, null, null, null, PerSecond: 10_000),
        new("http keep-alive 64 B, 20,000 requests/s", "/small", 32, null, null, null, PerSecond: 20_000),
        new("http keep-alive 64 B, 30,000 requests/s", "/small", 32, null, null, null, PerSecond: 30_000),
    ];
}
