using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Telemetry;

/// <summary>Nothing that came from outside can forge, colour or flood a line.</summary>
public sealed class LogTextTests
{
    [Theory]
    [InlineData(null, "-")]
    [InlineData("", "\"\"")]
    [InlineData("GET", "GET")]
    [InlineData("/a/b%0Ac?x", "/a/b%0Ac?x")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("x reason=client_fin", "\"x reason=client_fin\"")]
    [InlineData("a=b", "\"a=b\"")]
    [InlineData("say \"no\"", "\"say \\\"no\\\"\"")]
    [InlineData("it's", "\"it's\"")]
    [InlineData(@"C:\new", @"C:\\new")]
    [InlineData("a\nb", @"a\nb")]
    [InlineData("a\r\nhttp client=1.2.3.4", "\"a\\r\\nhttp client=1.2.3.4\"")]
    [InlineData("\u001b[31mred", @"\x1B[31mred")]
    [InlineData("\0\t\u007f\u0085\u009b31m", @"\x00\t\x7F\x85\x9B31m")]
    [InlineData("caf\u00e9", @"caf\xE9")]
    [InlineData("\u202eevil\u2066", @"\u202Eevil\u2066")]
    [InlineData("a\u00a0b\u3000c\u200bd\u2028e\u3164f\ufeff", @"a\xA0b\u3000c\u200Bd\u2028e\u3164f\uFEFF")]
    [InlineData("\ud83d\ude00", @"\uD83D\uDE00")]
    public void Value_AnyText_IsOneUnambiguousWord(string? text, string shown) => Assert.Equal(shown, LogText.Value(text));

    [Fact]
    public void Value_HalfOfASurrogatePair_IsEscaped() => Assert.Equal(@"\uDC00", LogText.Value(((char)0xDC00).ToString()));

    [Fact]
    public void Value_FitText_IsNotCopied()
    {
        var text = new string('a', LogText.MaxLength);

        Assert.Same(text, LogText.Value(text));
    }

    [Theory]
    [InlineData("abcd", 4, "abcd")]
    [InlineData("abcde", 4, "\"abcd\"...")]
    [InlineData("ab\u001bd", 4, "\"ab\"...")]
    [InlineData("abc\n", 4, "\"abc\"...")]
    public void Value_LongText_IsCutBetweenCharactersAndMarked(string text, int length, string shown) => Assert.Equal(shown, LogText.Value(text, length));

    [Fact]
    public void Value_TextOfEscapesAlone_IsAsShortAsAnyOther() => Assert.InRange(LogText.Value(new string('\u202e', 1_000_000)).Length, 1, LogText.MaxLength + 5);

    [Theory]
    [InlineData("a: \"b\" = c", "a: \"b\" = c")]
    [InlineData("must be { … }", "must be { … }")]
    [InlineData("two\nlines\u001b[0m", @"two\nlines\x1B[0m")]
    [InlineData("\u202etxet", @"\u202Etxet")]
    public void Sentence_AnyText_IsOneLine(string text, string shown) => Assert.Equal(shown, LogText.Sentence(text));

    [Fact]
    public void Sentence_LongText_IsCutAndMarked()
    {
        var shown = LogText.Sentence(new string('x', 1_000_000));

        Assert.Equal(LogText.MaxSentenceLength + 3, shown.Length);
        Assert.EndsWith("x...", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Quoted_EveryCharacter_IsPrintableAscii()
    {
        var all = string.Concat(Enumerable.Range(0, 0x10000).Select(code => (char)code));

        Assert.DoesNotContain(LogText.Quoted(all, int.MaxValue), c => c is < ' ' or > '~');
    }
}
