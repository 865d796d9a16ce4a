using System.Text.RegularExpressions;

namespace Gateway.Tests.Tidy;

/// <summary>Each instrument has one declaration: with two, one changed word would make two instruments of it.</summary>
public sealed partial class InstrumentTests
{
    [Fact]
    public void Instruments_InSrc_AreDeclaredOnce()
    {
        var names = Repository.Under("src/", ".cs")
            .SelectMany(static file => Declaration().Matches(file.Text).Select(match => (Name: match.Groups[1].Value, file.Path)))
            .ToList();

        Assert.InRange(names.Count, 20, int.MaxValue);
        Findings.AssertNone(names.GroupBy(static declared => declared.Name)
            .Where(static group => group.Count() > 1)
            .Select(static group => $"{group.Key}: {string.Join(", ", group.Select(static declared => declared.Path))}"));
    }

    [GeneratedRegex(@"\.Create(?:Observable)?(?:Counter|UpDownCounter|Gauge|Histogram)(?:<\w+>)?\(\s*""([a-z_.]+)""")]
    private static partial Regex Declaration();
}
