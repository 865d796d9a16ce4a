using System.Text.RegularExpressions;

namespace Gateway.Tests.Tidy;

/// <summary>Code that we do not write, each with what to write instead.</summary>
public sealed class BannedCodeTests
{
    private static readonly Rule[] Rules =
    [
        new(@"\bThread\.Sleep\b", "an event with a deadline", ["src/", "tests/"]),
        new(@"\bTask\.Delay\((?!Timeout)", "an event with a timeout, Gateway.Testing's Eventually; Tempo for a peer that is slow on purpose", ["tests/Gateway.Tests/", "tests/Gateway.FunctionalTests/"]),
        new(@"\bConsole\.(Out|Error|Write\w*)\b", "an ILogger or the TextWriter that you are given", ["src/"],
            Except: @"/Program\.cs$|/Demo/|Command\w*\.cs$|/CommandLine/"),
        new(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b", "TimeProvider, or Stopwatch for durations", ["src/"]),
        new(@"\b(unsafe|DllImport|LibraryImport)\b", "a method of Gateway.Linux", ["src/"], Except: "^src/Gateway.Linux/"),
        new(@"\bIOptionsMonitor\b", "the configuration snapshot: CurrentValue throws for every reader while a file is broken", ["src/"],
            // Logging's own options, which the snapshot feeds once they have been tried.
            Except: "^src/Gateway/Observability/Logs/"),
        new(@"\basync void\b", "async Task, observed", ["src/", "tests/"]),
        new(@"\.Wait\(\)", "await", ["src/", "tests/"]),
        new(@"\bGC\.Collect\b", "nothing: let it be", ["src/"]),
        new(@"\bAppDomain\b|\bEnvironment\.FailFast\(\)", "a message that says why", ["src/"]),
        new(@"\b(Fact|Theory)\(.*\bSkip\s*=", "Assert.Skip with the reason, decided where the test runs", ["tests/"]),
        new(@"\b(new Thread|ThreadPool\.QueueUserWorkItem)\b", "a task, or the engine's loops", ["src/"], Except: "^src/Gateway.Tcp/Engines/|^src/Gateway.Linux/"),
    ];

    public static TheoryData<int> RuleNumbers => [.. Enumerable.Range(0, Rules.Length)];

    [Theory]
    [MemberData(nameof(RuleNumbers))]
    public void Code_BannedCall_IsAbsent(int number)
    {
        var rule = Rules[number];

        Findings.AssertNone(Repository.Files.Where(file => Applies(rule, file)).SelectMany(file => Search(file, rule.Pattern, $"use {rule.Instead}", codeOnly: true)));
    }

    [Fact]
    public void Files_WorkLeftOpen_IsAbsent()
    {
        var open = Repository.Files.Where(file => !IsTidy(file) && file.Path != ".editorconfig")
            .SelectMany(file => Search(file, @"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b", "finish it, or describe it in an issue"));

        Findings.AssertNone(open);
    }

    [Fact]
    public void Files_PathOfSomebodysMachine_IsAbsent()
    {
        // Each in two pieces, so that this file does not contain what it looks for.
        var pattern = "/(wo" + "rk|fa" + "rm|ho" + @"me/\w+|Users)/";

        Findings.AssertNone(Repository.Files.SelectMany(file => Search(file, pattern, "use a path from the repository's root")));
    }

    [Fact]
    public void Types_NameThatSaysNothing_IsAbsent()
    {
        var names = Repository.Under("src/", ".cs").Where(file => Regex.IsMatch(file.Name, @"(Helpers?|Utils?|Utilities|Common|Misc)\.cs$")).Select(file => file.Path);

        Findings.AssertNone(names);
    }

    [Fact]
    public void Sides_OfOurConnections_AreCalledClientAndBackend()
    {
        // "Upstream" means the opposite thing to different people; YARP's own member names are theirs.
        var words = Repository.Under("src/", ".cs").SelectMany(file => Search(file, @"(?i)\b(downstream|upstream)", "say client or backend"));

        Findings.AssertNone(words);
    }

    private static bool IsTidy(SourceFile file) => file.Path.StartsWith("tests/Gateway.Tests/Tidy/", StringComparison.Ordinal);

    private static bool Applies(Rule rule, SourceFile file) =>
        file.Path.EndsWith(".cs", StringComparison.Ordinal)
        && !IsTidy(file)
        && rule.Folders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
        && !(rule.Except is { } except && Regex.IsMatch(file.Path, except));

    private static IEnumerable<string> Search(SourceFile file, string pattern, string instead, bool codeOnly = false)
    {
        foreach (var (number, text) in file.Lines)
        {
            // What a comment mentions is not code. A string with // in it ends the line early, which can only hide what follows it.
            var line = codeOnly ? Regex.Replace(text, "//.*", "") : text;
            if (Regex.IsMatch(line, pattern))
            {
                yield return $"{file.Path}:{number}: {text.Trim()} — {instead}";
            }
        }
    }

    private sealed record Rule(string Pattern, string Instead, string[] Folders, string? Except = null);
}
