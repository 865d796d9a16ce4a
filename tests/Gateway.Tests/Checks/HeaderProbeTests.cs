using System.Net;
using Gateway.Checks;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.SourceIp;
using Gateway.Testing.Network;

namespace Gateway.Tests.Checks;

/// <summary>Which headers are tried, on which addresses, and what the findings say.</summary>
public sealed class HeaderProbeTests
{
    [Fact]
    public async Task Addresses_OfWhichOneRefuses_AreOneFindingThatNamesIt()
    {
        // It insists on a header: what begins otherwise ends.
        await using var takes = RecordingTcpServer.Start(async peer =>
        {
            if ((await peer.ReadTextAsync(1))[0] == '\r')
            {
                await peer.WaitForEndAsync();
            }
        });
        await using var refuses = RecordingTcpServer.Start(async peer =>
        {
            await peer.WaitForFirstByteAsync();
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n");
        });
        var target = Target(new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol });
        var findings = new CheckFindings("proxy-header");

        var answers = await HeaderProbe.RunAsync(target, [takes.EndPoint, refuses.EndPoint, takes.EndPoint], TestContext.Current.CancellationToken);
        AddressVerdict.Report(findings, "x", Assert.Single(answers));

        var result = Assert.Single(findings.Results);
        Assert.Equal(CheckSeverity.Fail, result.Severity);
        Assert.StartsWith($"{refuses.Address} does not understand a PROXY v2 header", result.What, StringComparison.Ordinal);
        Assert.Contains(" (1 of 3 addresses) (asked with ", result.What, StringComparison.Ordinal);
        Assert.DoesNotContain(takes.Address, result.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Finding_OfAddressesThatAgree_NamesThemAll()
    {
        var findings = new CheckFindings("x");

        AddressVerdict.Report(findings, "x", [.. new[] { 1, 2 }.Select(i => new AddressVerdict(new IPEndPoint(IPAddress.Loopback, i), CheckSeverity.Ok, "takes it"))]);

        Assert.Equal("127.0.0.1:1, 127.0.0.1:2: each takes it", Assert.Single(findings.Results).What);
    }

    [Fact]
    public void Headers_OfAFallback_AreTriedAndCalledThat()
    {
        var fallback = new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.ProxyProtocol, Version = ProxyProtocolVersion.V1 };
        var header = new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol, Version = ProxyProtocolVersion.V1 };

        Assert.Equal([(ProxyProtocolVersion.V1, true)], HeaderProbe.HeadersTo(Target(fallback)));
        Assert.Equal([(ProxyProtocolVersion.V1, false)], HeaderProbe.HeadersTo(Target(fallback, header)));
        Assert.Empty(HeaderProbe.HeadersTo(Target(new SourceIpConfig { Mode = SourceIpMode.Transparent })));
    }

    private static BackendTarget Target(params SourceIpConfig[] sourceIps) =>
        new("x", "127.0.0.1", 1, TimeSpan.FromSeconds(5), [.. sourceIps.Select(sourceIp => new BackendUser("x", SourceIpModel.From(sourceIp), []))]);
}
