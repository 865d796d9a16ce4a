namespace Gateway.Tests.Tidy;

/// <summary>A file that needs more than a few screens has more than one job.</summary>
public sealed class FileLengthTests
{
    private const int MaxLines = 600;
    private const int MaxLinesOfAType = 500;
    private const int MaxLineLength = 140;

    /// <summary>Files that are one algorithm, and open with its description.</summary>
    private static readonly string[] HeartFiles = [];

    [Fact]
    public void Lines_OfAnyFile_AreFew()
    {
        var tooLong = Repository.Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal) && !HeartFiles.Contains(file.Path))
            .Where(file => file.Lines.Count() > MaxLines).Select(file => $"{file.Path}: {file.Lines.Count()} lines");

        Findings.AssertNone(tooLong);
    }

    [Fact]
    public void HeartFiles_InTheList_ExistAndAreLong()
    {
        Assert.All(
            HeartFiles,
            path => Assert.True(Repository.Files.Single(file => file.Path == path).Lines.Count() > MaxLines, $"{path} needs no exception"));
    }

    /// <summary>Partials hide a long type, and count together. A type that is one algorithm opens with its numbered description.</summary>
    [Fact]
    public void Lines_OfAnyType_AreFewCountingItsPartials()
    {
        var tooLong = Repository.Under("src/", ".cs").GroupBy(static file => file.Path[..file.Path.IndexOf('.', file.Path.LastIndexOf('/'))])
            .Where(static parts => parts.Sum(static part => part.Lines.Count()) > MaxLinesOfAType)
            .Where(static parts => !parts.Any(static part => part.Text.Contains("/// 1. ", StringComparison.Ordinal)))
            .Select(static parts => $"{parts.Key}: {parts.Sum(static part => part.Lines.Count())} lines");

        Findings.AssertNone(tooLong);
    }

    [Fact]
    public void Width_OfAnySourceLine_FitsAScreen()
    {
        var tooWide = Repository.Under("src/", ".cs").SelectMany(file =>
            OutsideRawText(file).Where(line => line.Text.Length > MaxLineLength)
                .Select(line => $"{file.Path}:{line.Number}: {line.Text.Length} characters"));

        Findings.AssertNone(tooWide);
    }

    // A line of a raw string literal is as long as the line of the file or command that it stands for.
    private static IEnumerable<(int Number, string Text)> OutsideRawText(SourceFile file)
    {
        var isRaw = false;
        foreach (var line in file.Lines)
        {
            var isEdge = line.Text.Split("\"\"\"").Length % 2 == 0;
            if (!isRaw || isEdge)
            {
                yield return line;
            }

            isRaw ^= isEdge;
        }
    }
}
