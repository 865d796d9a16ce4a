using global::Whoami;

namespace Gateway.Tests.Whoami;

public sealed class WhoamiCommandLineTests
{
    [Theory]
    [InlineData("9000", 9000)]
    [InlineData("127.0.0.1:9000", 9000)]
    [InlineData("[::1]:9000", 9000)]
    [InlineData("0", 0)]
    public void TryParse_PortOrAddress_IsTaken(string text, int port)
    {
        Assert.True(WhoamiCommandLine.TryParse(["--tcp", text], out var command));
        Assert.Equal(port, command.Tcp!.Port);
        Assert.Null(command.Http);
    }

    [Theory]
    [InlineData("--tcp")]
    [InlineData("--tcp", "x")]
    [InlineData("--tcp", "70000")]
    [InlineData("--http", "127.0.0.1")]
    [InlineData("--http", "::1")]
    [InlineData("--udp")]
    public void TryParse_Mistake_IsNamed(params string[] args)
    {
        Assert.False(WhoamiCommandLine.TryParse(args, out var command));
        Assert.Contains(args[^1], command.Error, StringComparison.Ordinal);
    }
}
