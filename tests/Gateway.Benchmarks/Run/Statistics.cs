namespace Gateway.Benchmarks.Run;

/// <summary>Medians and ratios of few, noisy values.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>Round by round, since the machine's speed drifts between rounds: median, least and greatest.</summary>
    public static (double Median, double Least, double Greatest) Ratio(IReadOnlyList<double> ours, IReadOnlyList<double> theirs)
    {
        var ratios = ours.Zip(theirs, static (a, b) => a / b).Where(static ratio => !double.IsNaN(ratio)).ToList();
        return ratios.Count == 0 ? (double.NaN, double.NaN, double.NaN) : (Median(ratios), ratios.Min(), ratios.Max());
    }
}
