using Gateway.Configuration.Loading;
using Gateway.Demo;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Demo;

public sealed class DemoScenarioTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_WithAndWithoutTransparent_IsAValidConfiguration(bool transparent)
    {
        var ports = new DemoPorts { Web = 1, WebBehindProxy = 2, TcpBehindProxy = 3, Tcp = 4, Transparent = 5, Admin = 6 };

        var result = ConfigReader.Parse(DemoConfiguration.Write(ports, 7, 8, transparent), new Dictionary<string, string>());

        Assert.Empty(result.Errors);
        Assert.Equal(transparent, result.Config!.TcpProxy.Routes.Values.Any(route => route.SourceIp!.Mode == SourceIpMode.Transparent));
        Assert.All(result.Config.Listeners.Values, listener => Assert.StartsWith("127.0.0.1:", listener.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_TwiceAtOnce_WritesTwoFilesAndRemovesThem()
    {
        var first = await DemoScenario.StartAsync().WaitAsync(Limit);
        var second = await DemoScenario.StartAsync().WaitAsync(Limit);
        var paths = new[] { first.ConfigPath, second.ConfigPath };

        Assert.NotEqual(paths[0], paths[1]);
        Assert.All(paths, path => Assert.Empty(ConfigReader.Read(path, new Dictionary<string, string>()).Errors));
        await first.DisposeAsync().AsTask().WaitAsync(Limit);
        await second.DisposeAsync().AsTask().WaitAsync(Limit);
        Assert.All(paths, path => Assert.False(File.Exists(path)));
    }

    [Fact]
    public async Task PrintGuide_Always_NamesEveryListenerAndTheFile()
    {
        await using var demo = await DemoScenario.StartAsync().WaitAsync(Limit);
        var output = new StringWriter();

        demo.PrintGuide(output);

        var guide = output.ToString();
        int[] ports = [demo.Ports.Web, demo.Ports.WebBehindProxy, demo.Ports.TcpBehindProxy, demo.Ports.Tcp, demo.Ports.Admin];
        Assert.All(ports, port => Assert.Matches($@"\b{port}\b", guide));
        Assert.Contains(demo.ConfigPath, guide, StringComparison.Ordinal);
        Assert.Equal(demo.HasTransparent, guide.Contains($"127.0.0.1 {demo.Ports.Transparent}\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Choose_FriendlyPortTaken_TakesAnother()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Any, 8080));
            taken.Listen();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Somebody else has it: as good.
        }

        var ports = DemoPorts.Choose();

        Assert.NotEqual(8080, ports.Web);
        Assert.Equal(6, new[] { ports.Web, ports.WebBehindProxy, ports.TcpBehindProxy, ports.Tcp, ports.Transparent, ports.Admin }.Distinct().Count());
    }
}
