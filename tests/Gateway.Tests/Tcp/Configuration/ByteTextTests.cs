using System.Text;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Configuration;

public sealed class ByteTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("PING\r\n", "50494E470D0A")]
    [InlineData(@"PING\r\n", "50494E470D0A")]
    [InlineData(@"\x00\x00\x00\x08\x04\xd2\x16\x2F", "0000000804D2162F")]
    [InlineData(@"a\\x41\tb", "615C78343109" + "62")]
    [InlineData("\u00fc", "C3BC")]
    [InlineData(@"\xFC", "FC")]
    public void TryParse_Text_GivesItsBytes(string text, string hex) =>
        Assert.Equal(hex, Convert.ToHexString(ByteText.TryParse(text)!.Bytes.Span));

    [Theory]
    [InlineData(@"\")]
    [InlineData(@"a\")]
    [InlineData(@"\q")]
    [InlineData(@"\x")]
    [InlineData(@"\x4")]
    [InlineData(@"\x4g")]
    [InlineData(@"\x 4")]
    [InlineData(@"\x+4")]
    [InlineData(@"\R")]
    public void TryParse_UnknownEscape_IsNone(string text) => Assert.Null(ByteText.TryParse(text));

    [Fact]
    public void Equals_SameText_IsEqual()
    {
        Assert.Equal(ByteText.TryParse("a"), ByteText.TryParse("a"));
        Assert.NotEqual(ByteText.TryParse("a"), ByteText.TryParse(@"\x61"));
        Assert.Equal("+PONG", Encoding.ASCII.GetString(ByteText.TryParse("+PONG")!.Bytes.Span));
    }
}
