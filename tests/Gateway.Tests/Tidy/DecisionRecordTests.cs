using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Tests.Tidy;

/// <summary>Decisions are records: numbered without a gap, dated, with a status and a reason.</summary>
public sealed class DecisionRecordTests
{
    private const string Folder = "docs/decisions/";

    private static SourceFile[] Records =>
        [.. Repository.Under(Folder, ".md").Where(file => file.Name != "README.md").OrderBy(file => file.Path, StringComparer.Ordinal)];

    [Fact]
    public void Records_InOrder_AreNumberedWithoutAGap()
    {
        var numbers = Enumerable.Range(1, Records.Length).Select(number => number.ToString("0000", CultureInfo.InvariantCulture));

        Assert.Equal(numbers, Records.Select(record => record.Name[..4]));
    }

    [Fact]
    public void Records_Always_HaveTitleDateStatusDecisionAndReason()
    {
        const string Form = @"\A# (\d{4}): .+\n\n- Date: \d{4}-\d\d-\d\d\n- Status: (Accepted|Amended|Superseded).*\n\n"
            + @"## Decision\n\n\S[\s\S]*\n\n## Reason\n\n\S";

        Assert.NotEmpty(Records);
        Findings.AssertNone(Records
            .Where(record => Regex.Match(record.Text, Form) is not { Success: true } match || match.Groups[1].Value != record.Name[..4])
            .Select(record => record.Path));
    }

    [Fact]
    public void Records_ThatHoldNoLonger_NameWhatReplacedThem()
    {
        const string Link = @"^- Status: .*\]\(\d{4}-[\w-]+\.md\)$";
        var replaced = Records
            .Where(record => Regex.IsMatch(record.Text, "^- Status: (Amended|Superseded)", RegexOptions.Multiline))
            .ToArray();

        Assert.NotEmpty(replaced);
        Findings.AssertNone(
            replaced.Where(record => !Regex.IsMatch(record.Text, Link, RegexOptions.Multiline)).Select(record => record.Path));
    }
}
