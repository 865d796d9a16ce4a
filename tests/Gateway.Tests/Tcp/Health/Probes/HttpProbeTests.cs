using System.Text;
using Gateway.Tcp.Health.Probes;

namespace Gateway.Tests.Tcp.Health.Probes;

public sealed class HttpProbeTests
{
    private const int MoreIsNeeded = 0;
    private const int NotHttp = -1;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", 200)]
    [InlineData("HTTP/1.0 503\n", 503)]
    [InlineData("HTTP/1.1 204 \r\nServer: x\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 302 Found\r\n", 302)]
    [InlineData("HTTP/1.1 101 Switching\r\n", 101)]
    [InlineData("HTTP/1.1 100 Continue\r\nA: b\r\n", MoreIsNeeded)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", MoreIsNeeded)]
    [InlineData("HTTP/1.1 20", MoreIsNeeded)]
    [InlineData("", MoreIsNeeded)]
    [InlineData("SSH-2.0-OpenSSH\r\n", NotHttp)]
    [InlineData("H2", NotHttp)]
    [InlineData("HTTP/2 200\r\n", NotHttp)]
    [InlineData("HTTP/1.1 2000 OK\r\n", NotHttp)]
    [InlineData("HTTP/1.1 20\r\n", NotHttp)]
    [InlineData("HTTP/1.1 2 0 OK\r\n", NotHttp)]
    [InlineData("HTTP/1.1 099 x\r\n", NotHttp)]
    [InlineData("HTTP/1.1\t200 x\r\n", NotHttp)]
    public void ReadStatus_Answer_IsTheFinalStatus(string answer, int expected) =>
        Assert.Equal(expected, HttpProbe.ReadStatus(Encoding.ASCII.GetBytes(answer)));

    [Fact]
    public void ReadStatus_EveryBeginning_IsReadOrWantsMore()
    {
        var answer = "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"u8.ToArray();
        for (var length = 0; length < answer.Length; length++)
        {
            Assert.Equal(MoreIsNeeded, HttpProbe.ReadStatus(answer.AsSpan(0, length)));
        }

        Assert.Equal(200, HttpProbe.ReadStatus(answer));
    }
}
