using System.Text;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Peers;

/// <summary>A real nginx behind that reads our PROXY header. (nginx closes on a header that comes in two segments: this tests that too.)</summary>
public sealed class NginxTests
{
    [Theory]
    [InlineData(Engines.Linux, "V1")]
    [InlineData(Engines.Linux, "V2")]
    [InlineData(Engines.Portable, "V1")]
    [InlineData(Engines.Portable, "V2")]
    public async Task Nginx_HttpWithProxyProtocol_SeesTheClient(string engine, string version)
    {
        var (port, behind) = (FreePorts.Next(), FreePorts.Next());
        await using var nginx = await NginxPeer.StartAsync(
            behind, http: $"server {{ listen 127.0.0.1:{behind} proxy_protocol; location / {{ return 200 '$proxy_protocol_addr:$proxy_protocol_port'; }} }}");
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, $"127.0.0.1:{behind}", new { Mode = "ProxyProtocol", Version = version }).Set("TcpProxy:Engine", engine));

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.9");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");

        Assert.EndsWith($"\r\n\r\n{client.Local}", Encoding.ASCII.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("V1")]
    [InlineData("V2")]
    public async Task Nginx_StreamWithProxyProtocol_SeesTheClientEvenIfItNeverSpeaks(string version)
    {
        var (port, behind) = (FreePorts.Next(), FreePorts.Next());
        await using var nginx = await NginxPeer.StartAsync(
            behind, stream: $"server {{ listen 127.0.0.1:{behind} proxy_protocol; return '$proxy_protocol_addr:$proxy_protocol_port'; }}");
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, $"127.0.0.1:{behind}", new { Mode = "ProxyProtocol", Version = version }));

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.9");

        Assert.Equal(client.Local.ToString(), Encoding.ASCII.GetString(await client.ReadToEndAsync()));
    }
}
