namespace Gateway.Tcp.Telemetry;

/// <summary>What <see cref="RecentTimes"/> has counted in the last minute.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="Faults">How many of them were faults.</param>
/// <param name="Median">The time that half of them took at most. It is up to a quarter off, as all times here.</param>
/// <param name="P99">The time that 99 of 100 took at most.</param>
public readonly record struct RecentSummary(int Count, int Faults, TimeSpan Median, TimeSpan P99);
