namespace Gateway.Benchmarks.Run;

/// <summary>What a run of wrk came to.</summary>
internal readonly record struct WrkResult(double PerSecond, double Requests, long Errors);
