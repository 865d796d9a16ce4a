using System.Text;
using Gateway.Http.Backends.Exchange;

namespace Gateway.Tests.Http.Backends.Exchange;

public sealed class AnswerHeadTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK", true, false)]
    [InlineData("HTTP/1.0 413", true, false)]
    [InlineData("HTTP/1.1 41", false, false)]
    [InlineData("", false, false)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", false, false)]
    [InlineData("HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX: y\r\n\r\nHTTP/1.1 ", false, false)]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 500 Oops\r\n", true, false)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n", true, true)]
    [InlineData("SSH-2.0-x", true, false)]
    public void Read_AsOneOrByteByByte_KnowsTheAnswerFromInterimOnes(string text, bool hasAnswer, bool isUpgrade)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var (whole, pieces) = (default(AnswerHead), default(AnswerHead));
        whole.Read(bytes);
        foreach (var one in bytes)
        {
            pieces.Read([one]);
        }

        Assert.Equal((hasAnswer, isUpgrade), (whole.HasAnswer, whole.IsUpgrade));
        Assert.Equal((hasAnswer, isUpgrade), (pieces.HasAnswer, pieces.IsUpgrade));
    }
}
