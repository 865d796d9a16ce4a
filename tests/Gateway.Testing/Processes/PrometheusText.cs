using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Testing.Processes;

/// <summary>One time series of a scrape.</summary>
/// <param name="Name">The metric's name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">Its value.</param>
public sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A scrape in the Prometheus (or OpenMetrics) text format.</summary>
public sealed partial class PrometheusText
{
    private readonly string _text;

    private PrometheusText(string text, IReadOnlyList<PrometheusSample> samples)
    {
        _text = text;
        Samples = samples;
    }

    /// <summary>All series.</summary>
    public IReadOnlyList<PrometheusSample> Samples { get; }

    /// <summary>Reads a scrape; a line that is neither a comment nor a sample is an error.</summary>
    public static PrometheusText Parse(string text)
    {
        var samples = new List<PrometheusSample>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#'))
        {
            var match = Sample().Match(line);
            if (!match.Success)
            {
                throw new FormatException($"Not a sample: {line}");
            }

            var labels = Label().Matches(match.Groups["labels"].Value).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
            samples.Add(new(match.Groups["name"].Value, labels, ParseValue(match.Groups["value"].Value)));
        }

        return new PrometheusText(text, samples);
    }

    /// <summary>The sum of all series of this name that have these labels; 0 if there is none.</summary>
    public double Sum(string name, params (string Name, string Value)[] labels) =>
        Samples.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Sum(s => s.Value);

    /// <summary>Whether a series of this name exists.</summary>
    public bool Has(string name) => Samples.Any(s => s.Name == name);

    /// <summary>The lines that start with a prefix, for messages.</summary>
    public string Only(string prefix) => string.Join('\n', _text.Split('\n').Where(l => l.StartsWith(prefix, StringComparison.Ordinal) && !l.Contains("_bucket", StringComparison.Ordinal)));

    private static double ParseValue(string value) => value switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(value, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>[^ ]+)( [0-9.]+)?( # .*)?$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)""")]
    private static partial Regex Label();
}
