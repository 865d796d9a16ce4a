using System.Text.RegularExpressions;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tidy;

/// <summary>The pages for operators name everything that an operator can meet.</summary>
public sealed class OperationsDocumentTests
{
    private static readonly string Reasons = Markdown.Document("docs/troubleshooting.md").Text;
    private static readonly string Metrics = Markdown.Document("docs/metrics.md").Text;

    [Fact]
    public void Reasons_OfClosedAndRejectedConnections_AreExplained()
    {
        // Health checks have a counter of their own instead.
        var reasons = Enum.GetValues<CloseReason>().Where(reason => reason != CloseReason.HealthCheck).Select(reason => reason.Label());

        Findings.AssertNone(reasons.Where(reason => !Reasons.Contains($"`{reason}`", StringComparison.Ordinal)));
    }

    /// <summary>The page says of each reason of a failed request whether passive health counts it.</summary>
    [Fact]
    public void Reasons_OfFailedRequests_AreExplainedWithTheirBlame()
    {
        var section = Reasons[Reasons.IndexOf("## Failed requests", StringComparison.Ordinal)..];
        var rows = Regex.Matches(section, @"^\| (`.+?`) \| .* \| (yes|no|–)[^|]*\|$", RegexOptions.Multiline);
        var explained = rows.SelectMany(row => Regex.Matches(row.Groups[1].Value, "`(.+?)`")
            .Select(reason => $"{reason.Groups[1].Value} {row.Groups[2].Value == "yes"}"));

        Assert.Equal(
            CloseReasons.In(ReasonSeries.Requests).Select(static reason => $"{reason.Label()} {reason.BlamesDestination()}").Order(),
            explained.Order());
    }

    [Fact]
    public void Refusals_OfHeaders_AreExplained()
    {
        var refusals = Enum.GetValues<IdentificationRefusal>().Where(refusal => refusal != IdentificationRefusal.None).Select(refusal => refusal.ToString());

        Findings.AssertNone(refusals.Where(refusal => !Regex.IsMatch(Reasons, $@"^\| `{refusal}\b", RegexOptions.Multiline)));
    }

    [Fact]
    public void Metrics_OfOurOwn_AreListed()
    {
        var instruments = Repository.Under("src/", ".cs")
            .SelectMany(file => Regex.Matches(file.Text, @"Create(?:Counter|UpDownCounter|Histogram|ObservableCounter|ObservableGauge)(?:<\w+>)?\(\s*""(gateway\.[a-z_.]+)"""))
            .Select(match => match.Groups[1].Value.Replace('.', '_')).Distinct().ToArray();

        Assert.NotEmpty(instruments);
        Findings.AssertNone(instruments.Where(name => !Metrics.Contains($"`{name}", StringComparison.Ordinal)));
    }

    /// <summary>The list of alerts and the rules file say the same.</summary>
    [Fact]
    public void Alerts_OfTheRulesFile_AreThoseOfTheDocument()
    {
        var rules = Repository.Files.Single(file => file.Path == "deploy/prometheus/gateway.rules.yaml").Text;
        var expressions = Regex.Matches(rules, @"expr: (?:\|-\n +)?(.+)").Select(match => match.Groups[1].Value).ToArray();
        var alerts = Metrics[Metrics.IndexOf("## Alerts", StringComparison.Ordinal)..];
        alerts = alerts[..alerts.IndexOf("## Many routes", StringComparison.Ordinal)];
        // A long expression is broken; what it says is the same.
        var listed = Regex.Matches(alerts, @"^- `([^`]+)`", RegexOptions.Multiline)
            .Select(match => Regex.Replace(match.Groups[1].Value, @"\s+", " ")).ToArray();

        Assert.NotEmpty(expressions);
        Assert.Equal(expressions.Order(), listed.Order());
    }
}
