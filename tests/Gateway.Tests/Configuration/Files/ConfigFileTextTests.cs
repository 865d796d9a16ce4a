using Gateway.Configuration.Files;
using Gateway.Testing;

namespace Gateway.Tests.Configuration.Files;

public sealed class ConfigFileTextTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(1_000_000)]
    public void Read_OfAnyLength_IsTheWholeText(int length)
    {
        using var folder = new TemporaryFolder();
        var written = new string('ä', length / 2) + new string('x', length % 2);

        Assert.True(ConfigFileText.TryRead(folder.Write("a.json", written), out var text, out var error), error);

        Assert.Equal(written, text);
    }

    [Fact]
    public void Read_OfTheKnownText_IsTheSameString()
    {
        using var folder = new TemporaryFolder();
        var known = new string('ü', 20_000);

        Assert.True(ConfigFileText.TryRead(folder.Write("a.json", known), out var text, out var error, known: known), error);

        Assert.Same(known, text);
    }

    [Theory]
    [InlineData("{}", "{} ")]
    [InlineData("{}", "[]")]
    [InlineData("{}", "")]
    public void Read_OfAnotherTextThanTheKnown_IsTheFiles(string known, string written)
    {
        using var folder = new TemporaryFolder();

        Assert.True(ConfigFileText.TryRead(folder.Write("a.json", written), out var text, out var error, known: known), error);

        Assert.Equal(written, text);
    }

    [Fact]
    public void Read_OfMoreThanTheLimit_IsAnError()
    {
        using var folder = new TemporaryFolder();

        var file = folder.Write("a.json", new string('x', (1024 * 1024) + 1));
        Assert.False(ConfigFileText.TryRead(file, out _, out var error, maxBytes: 1024 * 1024));

        Assert.Equal("the file is larger than 1 MiB", error);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    public void Read_OfBytesThatAreNoUtf8_IsAnError(string? known)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.json", "");
        File.WriteAllBytes(path, [(byte)'{', 0xFF]);

        Assert.False(ConfigFileText.TryRead(path, out _, out var error, known: known));

        Assert.Equal("the file is not UTF-8", error);
    }
}
