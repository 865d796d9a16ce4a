using System.Text.Json;
using Gateway.Checks;
using Gateway.Commands;
using Gateway.Configuration;

namespace Gateway.Tests.Checks;

/// <summary>A run as a whole, and its report.</summary>
public sealed class CheckSuiteTests
{
    [Fact]
    public async Task Run_ACheckThatHangsAndOneThatThrows_AreWarningsAndKeepWhatTheyFound()
    {
        var report = await RunAsync(
            TimeSpan.FromSeconds(1),
            new FakeCheck("hangs", async (findings, cancellation) =>
            {
                findings.Ok("a", "found before");
                await Task.Delay(Timeout.Infinite, cancellation);
            }),
            new FakeCheck("deaf", (_, _) => new TaskCompletionSource().Task),
            new FakeCheck("throws", (_, _) => throw new InvalidOperationException("broken")));

        Assert.Equal(
            ["ok hangs a", "warn hangs ", "warn deaf ", "warn throws "],
            report.Results.OrderBy(result => Array.IndexOf(["hangs", "deaf", "throws"], result.Check)).ThenBy(result => result.Severity)
                .Select(result => $"{result.Severity} {result.Check} {result.Where}".ToLowerInvariant()));
        Assert.Contains("broken", report.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfThisHost_AsksNobody()
    {
        var context = new CheckContext(VerdictTests.Snapshot()) { Scope = CheckScope.Host };
        var asked = new FakeCheck("asks", (_, _) => throw new InvalidOperationException("asked")) { AsksOthers = true };

        var report = await CheckSuite.RunAsync([asked], context, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Empty(report.Results);
        Assert.Equal(CheckScope.Host, report.Scope);
    }

    [Fact]
    public async Task Report_AsJson_HasTheDocumentedMembers()
    {
        var report = await RunAsync(TimeSpan.FromSeconds(30), new FakeCheck("one", (findings, _) =>
        {
            findings.Fail("B:x", "what", "cure");
            findings.Warn("A:x", "doubt");
            findings.Ok("", "fine");
            findings.Skip("A:y", "not looked at");
            return Task.CompletedTask;
        }));
        using var json = JsonDocument.Parse(report.ToJson());
        var root = json.RootElement;

        Assert.Equal(["schema", "version", "checkedAt", "scope", "verdict", "counts", "results"], root.EnumerateObject().Select(member => member.Name));
        Assert.Equal(2, root.GetProperty("schema").GetInt32());
        Assert.Equal("fail", root.GetProperty("verdict").GetString());
        Assert.Equal("""{"ok":1,"skip":1,"warn":1,"fail":1}""", JsonSerializer.Serialize(root.GetProperty("counts")));
        Assert.Equal(
            ["""{"check":"one","severity":"ok","where":"","what":"fine","cure":null}""",
             """{"check":"one","severity":"warn","where":"A:x","what":"doubt","cure":null}""",
             """{"check":"one","severity":"skip","where":"A:y","what":"not looked at","cure":null}""",
             """{"check":"one","severity":"fail","where":"B:x","what":"what","cure":"cure"}"""],
            root.GetProperty("results").EnumerateArray().Select(result => JsonSerializer.Serialize(result)));
        Assert.Equal("ok   one: fine\nwarn one: A:x: doubt\nskip one: A:y: not looked at\nFAIL one: B:x: what. Cure: cure\n1 ok, 1 skipped, 1 warnings, 1 failures\n", report.ToText());
    }

    [Fact]
    public async Task Report_BackendsWordsColourATerminal_AreEscapedInTextAndInJson()
    {
        var report = await RunAsync(TimeSpan.FromSeconds(30), new FakeCheck("one", (findings, _) =>
        {
            findings.Fail("B:\u202ex", "it says \u001b[31mOK\u009b\nok   one: forged", "ask\u200b");
            return Task.CompletedTask;
        }));

        Assert.DoesNotContain(report.ToText() + report.ToJson(), c => c is (< ' ' or > '~') and not '\n');
        Assert.DoesNotContain("\nok   one: forged", report.ToText(), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal("it says \u001b[31mOK\u009b\nok   one: forged", json.RootElement.GetProperty("results")[0].GetProperty("what").GetString());
    }

    [Theory]
    [InlineData("Ok", false, 0)]
    [InlineData("Ok", true, 0)]
    [InlineData("Skip", false, 0)]
    [InlineData("Skip", true, 2)]
    [InlineData("Warn", false, 0)]
    [InlineData("Warn", true, 2)]
    [InlineData("Fail", false, 1)]
    [InlineData("Fail", true, 1)]
    public void ExitCode_BySeverity(string verdict, bool strict, int expected) => Assert.Equal(expected, CheckCommand.ExitCode(Enum.Parse<CheckSeverity>(verdict), strict));

    private static Task<CheckReport> RunAsync(TimeSpan timeout, params ICheck[] checks) =>
        CheckSuite.RunAsync(checks, new CheckContext(VerdictTests.Snapshot()), timeout, TestContext.Current.CancellationToken);

    private sealed class FakeCheck(string name, Func<CheckFindings, CancellationToken, Task> run) : ICheck
    {
        public string Name => name;

        public bool AsksOthers { get; init; }

        public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation) => run(findings, cancellation);
    }
}
