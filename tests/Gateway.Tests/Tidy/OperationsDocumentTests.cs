using System.Text.RegularExpressions;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tidy;

/// <summary>docs/operations.md names everything that an operator can meet.</summary>
public sealed class OperationsDocumentTests
{
    private static readonly string Text = Repository.Files.Single(file => file.Path == "docs/operations.md").Text;

    [Fact]
    public void Reasons_OfClosedAndRejectedConnections_AreExplained()
    {
        // Health checks have a counter of their own instead.
        var reasons = Enum.GetValues<CloseReason>().Where(reason => reason != CloseReason.HealthCheck).Select(reason => reason.Label());

        Findings.AssertNone(reasons.Where(reason => !Text.Contains($"`{reason}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Refusals_OfHeaders_AreExplained()
    {
        var refusals = Enum.GetValues<IdentificationRefusal>().Where(refusal => refusal != IdentificationRefusal.None).Select(refusal => refusal.ToString());

        Findings.AssertNone(refusals.Where(refusal => !Regex.IsMatch(Text, $@"^\| `{refusal}\b", RegexOptions.Multiline)));
    }

    [Fact]
    public void Metrics_OfOurOwn_AreListed()
    {
        var instruments = Repository.Under("src/", ".cs")
            .SelectMany(file => Regex.Matches(file.Text, @"Create(?:Counter|UpDownCounter|Histogram|ObservableCounter|ObservableGauge)(?:<\w+>)?\(\s*""(gateway\.[a-z_.]+)"""))
            .Select(match => match.Groups[1].Value.Replace('.', '_')).Distinct().ToArray();

        Assert.NotEmpty(instruments);
        Findings.AssertNone(instruments.Where(name => !Text.Contains($"`{name}", StringComparison.Ordinal)));
    }

    /// <summary>The list of alerts and the rules file say the same.</summary>
    [Fact]
    public void Alerts_OfTheRulesFile_AreThoseOfTheDocument()
    {
        var rules = Repository.Files.Single(file => file.Path == "deploy/prometheus/gateway.rules.yaml").Text;
        var expressions = Regex.Matches(rules, @"expr: (?:\|-\n +)?(.+)").Select(match => match.Groups[1].Value).ToArray();
        var listed = Regex.Matches(Text[Text.IndexOf("### Alerts", StringComparison.Ordinal)..Text.IndexOf("### Many routes", StringComparison.Ordinal)], @"^- `([^`]+)`", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value).ToArray();

        Assert.NotEmpty(expressions);
        Assert.Equal(expressions.Order(), listed.Order());
    }
}
