namespace Gateway.Benchmarks.Run;

/// <summary>What a run of wrk came to; the latencies in microseconds, 0: it was another program.</summary>
internal readonly record struct WrkResult(double PerSecond, double Requests, long Errors, double P50 = 0, double P99 = 0);
