using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Configuration;

public class ContractExampleTests
{
    [Fact]
    public void Parse_ContractsExample_GivesTheModel()
    {
        var result = ConfigReader.Parse(Example, new Dictionary<string, string>());

        Assert.Empty(result.Errors);
        var config = Assert.IsType<GatewayConfig>(result.Config);
        Assert.Equal(ListenerProtocol.Tcp, config.Listeners["redis"].Protocol);
        Assert.Equal(["10.0.0.0/8"], config.Listeners["redis"].ProxyProtocol!.TrustedProxies);
        Assert.Equal(["192.0.2.0/24"], config.Listeners["web"].ForwardedHeaders!.TrustedProxies!);
        Assert.Equal(TimeSpan.FromMilliseconds(500), config.Listeners["web-optional"].ProxyProtocol!.OptionalWait);
        Assert.Equal(SourceIpMode.ProxyProtocol, config.TcpProxy.Routes["redis"].SourceIp!.Mode);
        Assert.Equal(TimeSpan.FromHours(1), config.TcpProxy.Routes["redis"].IdleTimeout);
        Assert.Null(config.TcpProxy.Routes["redis"].MaxDuration);
        Assert.Equal("redis-0.redis:6379", config.TcpProxy.Clusters["redis"].Destinations["redis-0"].Address);
        Assert.Equal("*:9900", config.Probes!.Address);
        Assert.Equal("127.0.0.1:9901", config.Admin!.Address);
    }

    private const string Example = """
        {
          "Networks": { "clb": [ "10.0.0.0/8" ], "cdn": [ "192.0.2.0/24" ] },
          "Listeners": {
            "web": {
              "Address": "0.0.0.0:8080", "Protocol": "Http", "HttpVersion": "Http1",
              "ForwardedHeaders": { "TrustedProxies": [ "cdn" ], "Untrusted": "Keep" }
            },
            "web-optional": {
              "Address": "0.0.0.0:8081", "Protocol": "Http",
              "ProxyProtocol": { "Header": "Optional", "TrustedProxies": [ "clb" ], "OptionalWait": "500ms" }
            },
            "redis": {
              "Address": "*:6379", "Protocol": "Tcp",
              "ProxyProtocol": {
                "Header": "Required",
                "TrustedProxies": [ "clb" ],
                "HealthCheckers": [ "100.64.0.0/10" ],
                "Untrusted": "Reject",
                "HeaderTimeout": "5s",
                "MaxHeaderBytes": 4096,
                "Versions": [ "V1", "V2" ],
              },
            },
          },
          "TcpProxy": {
            "Routes": {
              "redis": {
                "Listener": "redis", "ClusterId": "redis",
                "Match": { "ClientCidrs": [ "198.51.100.0/24" ] },
                "Order": 0,
                "SourceIp": { "Mode": "ProxyProtocol", "Version": "V2", "PassThroughTlvs": [] },
                "IdleTimeout": "1h", "MaxDuration": null
              }
            },
            "Clusters": {
              "redis": {
                "ConnectTimeout": "5s",
                "Destinations": { "redis-0": { "Address": "redis-0.redis:6379" } },
                "SourceIp": null // as the contract writes it
              }
            }
          },
          "ReverseProxy": { "Routes": { }, "Clusters": { } },
          "Shutdown": { "DrainDelay": "0s", "DrainTimeout": "20s" },
          "Probes": { "Address": "*:9900" },
          "Admin": { "Address": "127.0.0.1:9901" },
          "Logging": { }, "$schema": "https://example.com/schema.json"
        }
        """;
}
