namespace Gateway.Tests.Tidy;

/// <summary>A reader can skim the documents: short lines, short cells, an example first.</summary>
public sealed class DocumentFormTests
{
    private const int MaxLineLength = 160;
    private const int MaxCellLength = 200;
    private const int LinesBeforeTheExample = 40;

    /// <summary>Pages without a thing to try or to write.</summary>
    private static readonly string[] WithoutExample = ["docs/README.md"];

    /// <summary>A row of a table cannot be broken: its cells are measured instead.</summary>
    [Fact]
    public void Lines_OutsideOfTables_FitAScreen()
    {
        var tooWide = Markdown.Documents.SelectMany(document => document.Lines
            .Where(line => !Markdown.IsTableRow(line.Text) && line.Text.Length > MaxLineLength)
            .Select(line => $"{document.Path}:{line.Number}: {line.Text.Length} characters"));

        Findings.AssertNone(tooWide);
    }

    [Fact]
    public void Cells_OfTables_HoldNoParagraphs()
    {
        var tooLong = Markdown.Documents.SelectMany(document => document.Lines.Where(line => Markdown.IsTableRow(line.Text))
            .SelectMany(line => Markdown.CellsOf(line.Text).Where(cell => cell.Length > MaxCellLength)
                .Select(cell => $"{document.Path}:{line.Number}: {cell.Length} characters: {cell[..40]}…")));

        Findings.AssertNone(tooLong);
    }

    [Fact]
    public void Pages_OfDocs_BeginWithAnExample()
    {
        var pages = Repository.Under("docs/", ".md")
            .Where(page => !page.Path.StartsWith("docs/decisions/", StringComparison.Ordinal))
            .Where(page => !WithoutExample.Contains(page.Path)).ToArray();

        Assert.NotEmpty(pages);
        Findings.AssertNone(pages.Where(page => !BeginsWithAnExample(page)).Select(page => page.Path));
    }

    private static bool BeginsWithAnExample(SourceFile page) =>
        page.Lines.Take(LinesBeforeTheExample).Any(line => line.Text.StartsWith("```", StringComparison.Ordinal));
}
