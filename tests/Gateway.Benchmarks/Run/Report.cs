using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Gateway.Benchmarks.Run;

/// <summary>The one table, and the same as JSON.</summary>
internal sealed class Report
{
    public const string Ours = "gateway";

    private readonly StringBuilder _text = new();
    private readonly List<object> _json = [];

    public string Text => _text.ToString();

    /// <summary>A cell with its goals: the best peer per figure is the bar.</summary>
    public void Add(string cell, string unit, string cpuUnit, double cpuScale, IReadOnlyList<Row> rows, IReadOnlyList<string> peers, double? speedGoal, double? cpuGoal)
    {
        Line($"### {cell}");
        Line("");
        var withLatency = rows.Any(static row => row.P99.Any(static value => value > 0));
        // Tables without a peer compare with their first row.
        var ours = rows.FirstOrDefault(static row => row.Proxy == Ours);
        var first = ours ?? rows[0];
        Line($"| proxy | {unit} | min–max | CPU {cpuUnit} | speed of {first.Proxy} over this (min–max) | its CPU over this |{(withLatency ? " p50 µs | p99 µs |" : "")} errors |");
        Line($"|---|---|---|---|---|---|{(withLatency ? "---|---|" : "")}---|");
        foreach (var row in rows)
        {
            var speed = Statistics.Ratio(first.Speeds, row.Speeds);
            var cpu = Statistics.Ratio(first.CpuPerUnit, row.CpuPerUnit);
            var cpuMedian = Statistics.Median(row.CpuPerUnit);
            Line($"| {row.Proxy} | {Number(Statistics.Median(row.Speeds))} | {Number(row.Speeds.Min())}–{Number(row.Speeds.Max())} | "
                + $"{(cpuMedian > 0 ? Number(cpuMedian * cpuScale) : "–")} | {Number(speed.Median)} ({Number(speed.Least)}–{Number(speed.Greatest)}) | "
                + $"{(cpuMedian > 0 ? Number(cpu.Median) : "–")} |"
                + (withLatency ? $" {Number(Statistics.Median(row.P50))} | {Number(Statistics.Median(row.P99))} |" : "")
                + $" {row.Errors} |");
        }

        Line("");
        _json.Add(new { cell, unit, rows = rows.Select(static row => new { row.Proxy, row.Speeds, row.CpuPerUnit, row.P50, row.P99, row.Errors }) });
        if (ours is null || speedGoal is null)
        {
            return;
        }

        var compared = rows.Where(row => peers.Contains(row.Proxy)).ToList();
        var fastest = compared.MaxBy(static row => Statistics.Median(row.Speeds))!;
        var ratio = Statistics.Ratio(ours.Speeds, fastest.Speeds).Median;
        var verdict = $"Goal: speed ≥ {Number(speedGoal.Value)} × {fastest.Proxy}: **{Number(ratio)}** {Mark(ratio >= speedGoal)}";
        if (cpuGoal is not null)
        {
            // The peer that is fastest is the one whose CPU counts: an idle proxy needs none.
            var frugal = compared.MinBy(static row => Statistics.Median(row.CpuPerUnit))!;
            var cpu = Statistics.Ratio(ours.CpuPerUnit, frugal.CpuPerUnit).Median;
            verdict += $"; CPU ≤ {Number(cpuGoal.Value)} × {frugal.Proxy}: **{Number(cpu)}** {Mark(cpu <= cpuGoal)}";
        }

        if (withLatency && cpuGoal is not null)
        {
            var calm = compared.MinBy(static row => Statistics.Median(row.P99))!;
            var p99 = Statistics.Ratio(ours.P99, calm.P99).Median;
            verdict += $"; p99 ≤ {calm.Proxy}: **{Number(p99)}** {Mark(p99 <= 1)}";
        }

        Line(verdict);
        Line("");
    }

    /// <summary>One more goal of the cell just added: against the fastest of <paramref name="peers"/>.</summary>
    public void AddGoal(IReadOnlyList<Row> rows, IReadOnlyList<string> peers, double goal, string why = "")
    {
        var fastest = rows.Where(row => peers.Contains(row.Proxy)).MaxBy(static row => Statistics.Median(row.Speeds))!;
        var ratio = Statistics.Ratio(rows.First(static row => row.Proxy == Ours).Speeds, fastest.Speeds).Median;
        Line($"Goal{why}: speed ≥ {Number(goal)} × {fastest.Proxy}: **{Number(ratio)}** {Mark(ratio >= goal)}");
        Line("");
    }

    /// <summary>A goal of the cell just added: the CPU of one row beside another's, round by round.</summary>
    public void AddCpuGoal(Row row, Row other, double goal)
    {
        var ratio = Statistics.Ratio(row.CpuPerUnit, other.CpuPerUnit).Median;
        Line($"Goal: CPU of {row.Proxy} ≤ {Number(goal)} × {other.Proxy}: **{Number(ratio)}** {Mark(ratio <= goal)}");
        Line("");
    }

    /// <summary>A goal of the cell just added: the p99 of one row beside another's, round by round.</summary>
    public void AddP99Goal(Row row, Row other)
    {
        var ratio = Statistics.Ratio(row.P99, other.P99).Median;
        Line($"Goal: p99 of {row.Proxy} ≤ {other.Proxy}: **{Number(ratio)}** {Mark(ratio <= 1)}");
        Line("");
    }

    public void AddFigures(string title, string unit, IReadOnlyList<(string Name, double Value)> figures)
    {
        Line($"### {title}");
        Line("");
        Line($"| | {unit} |");
        Line("|---|---|");
        foreach (var (name, value) in figures)
        {
            Line($"| {name} | {Number(value)} |");
        }

        Line("");
        _json.Add(new { cell = title, unit, rows = figures.Select(static figure => new { figure.Name, figure.Value }) });
    }

    public string ToJson(string machine) => JsonSerializer.Serialize(new { machine, date = DateTimeOffset.UtcNow, cells = _json }, JsonSerializerOptions.Web);

    /// <summary>What the figures were taken on, and against which versions.</summary>
    public static string Machine() => string.Create(CultureInfo.InvariantCulture,
        $"{Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}, ")
        + $"{FirstLine("haproxy", "-v")}, {FirstLine("nginx", "-v")}";

    private static string Processor() => File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string FirstLine(string program, string argument)
    {
        // nginx answers on the error stream.
        using var process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n')[0].Trim();
    }

    private void Line(string text) => _text.Append(text).Append('\n');

    private static string Mark(bool reached) => reached ? "✓" : "✗";

    private static string Number(double value) => double.IsNaN(value) ? "–"
        : Math.Abs(value) >= 1000 ? value.ToString("#,0", CultureInfo.InvariantCulture)
        : Math.Abs(value) >= 100 ? value.ToString("0", CultureInfo.InvariantCulture)
        : value.ToString("0.00", CultureInfo.InvariantCulture);
}
