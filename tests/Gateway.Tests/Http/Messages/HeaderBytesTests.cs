using System.Text;
using Gateway.Http.Messages;

namespace Gateway.Tests.Http.Messages;

public class HeaderBytesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("José", "Jos\u00C3\u00A9")]
    [InlineData("日", "\u00E6\u0097\u00A5")]
    public void FromText_Text_IsUtf8InBytes(string text, string bytes) => Assert.Equal(bytes, HeaderBytes.FromText(text));

    [Theory]
    [InlineData("0", "0")]
    [InlineData("0005", "0005")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("+5", "")]
    [InlineData("-5", "")]
    [InlineData("5 ", "")]
    [InlineData("5,5", "")]
    [InlineData("0x5", "")]
    [InlineData("", "")]
    [InlineData("00000000000000000000000000005", "")]
    public void DecimalDigits_ContentLength_IsDigitsAlone(string value, string digits)
    {
        var chars = new char[20];
        var length = new DecimalDigits().GetChars(Encoding.ASCII.GetBytes(value), chars);
        Assert.Equal(digits, new string(chars, 0, length));
    }

    [Theory]
    [InlineData("keep-alive", "")]
    [InlineData("Upgrade", "")]
    [InlineData("close, keep-alive", "")]
    [InlineData("Upgrade, keep-alive", "")]
    [InlineData("close, X-A ,x-b,, ", "X-A x-b")]
    [InlineData("TE, close", "TE")]
    public void ConnectionOptions_Of_NamesHeaders(string connection, string names) => Assert.Equal(names, string.Join(' ', ConnectionOptions.Of(connection)));

    [Theory]
    [InlineData("keep-alive", "")]
    [InlineData("Keep-Alive", "")]
    [InlineData("close", "close, keep-alive")]
    [InlineData("Upgrade", "Upgrade, keep-alive")]
    [InlineData("keep-alive, Upgrade", "Upgrade, keep-alive")]
    [InlineData("keep-alive, X-Hop", "X-Hop")]
    [InlineData("close,X-Hop,", "close, X-Hop, keep-alive")]
    [InlineData("TE", "TE")]
    [InlineData("\u00E9", "\u00E9")]
    [InlineData("", "")]
    public void ConnectionValue_OfAHeader_KeepsWhatItNominates(string value, string expected) =>
        Assert.Equal(expected, new ConnectionValue().GetString(Encoding.Latin1.GetBytes(value)));
}
