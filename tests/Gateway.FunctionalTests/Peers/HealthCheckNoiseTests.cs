using System.Net;
using Gateway.FunctionalTests.Checks.Servers;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Health.Probes;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Peers;

/// <summary>How many lines a check leaves in the log of a real mail server: what docs/health-checks.md says.</summary>
public sealed class HealthCheckNoiseTests
{
    private const int Checks = 5;

    [Fact]
    public async Task Postfix_EachKind_LeavesItsLines()
    {
        await using var postfix = await RunningServer.StartAsync(OtherServers.All.Single(static recipe => recipe.Name == "postfix"));
        Assert.SkipWhen(postfix.Missing is not null, postfix.Missing ?? "");
        Assert.Null(postfix.Failure);
        var (withHeader, plain) = (postfix.Ports[0], postfix.Ports[1]);

        Assert.Equal(0, await LinesAsync(new(), plain));
        Assert.Equal(2, await LinesAsync(new() { Kind = TcpHealthCheckKind.Exchange, Expect = "220 " }, plain));
        Assert.Equal(
            2,
            await LinesAsync(
                new() { Kind = TcpHealthCheckKind.Exchange, Expect = "220 ", ProxyProtocol = TcpHealthCheckHeader.V2 }, withHeader));
        Assert.Equal(
            2,
            await LinesAsync(
                new() { Kind = TcpHealthCheckKind.Exchange, Expect = "220 ", ProxyProtocol = TcpHealthCheckHeader.V1 }, withHeader));

        async Task<int> LinesAsync(TcpActiveHealthCheckConfig active, int port)
        {
            var before = postfix.Log.Count;
            await CheckAsync(active, port);
            using var marker = await TcpPeer.ConnectAsync(plain);
            await marker.ReadLineAsync();
            await marker.SendAsync("NOOP\r\n");
            await marker.ReadLineAsync();
            await marker.SendAsync("QUIT\r\n");
            await marker.WaitForEndAsync();
            // Each connection has a process of its own, whose last line may come behind the marker's.
            await Eventually.TrueAsync(
                () => postfix.Log.Skip(before).Any(static line => line.Contains("noop=1", StringComparison.Ordinal))
                    && postfix.Log.Skip(before).Count(static line => line.Contains(": connect from", StringComparison.Ordinal))
                        == postfix.Log.Skip(before).Count(static line => line.Contains(": disconnect from", StringComparison.Ordinal)),
                "the marker's line, and the last line of each");
            return (postfix.Log.Skip(before).Count(static line => line.Contains("smtpd", StringComparison.Ordinal)) - 2) / Checks;
        }
    }

    [Fact]
    public async Task Dovecot_EachKind_LeavesItsLines()
    {
        await using var dovecot = await RunningServer.StartAsync(OtherServers.All.Single(static recipe => recipe.Name == "dovecot"));
        Assert.SkipWhen(dovecot.Missing is not null, dovecot.Missing ?? "");
        Assert.Null(dovecot.Failure);
        var (withHeader, plain) = (dovecot.Ports[0], dovecot.Ports[1]);

        await LeavesAsync(0, new(), plain);
        await LeavesAsync(1, new() { Kind = TcpHealthCheckKind.Exchange, Expect = "* OK" }, plain);
        await LeavesAsync(
            1, new() { Kind = TcpHealthCheckKind.Exchange, Expect = "* OK", ProxyProtocol = TcpHealthCheckHeader.V2 }, withHeader);

        async Task LeavesAsync(int lines, TcpActiveHealthCheckConfig active, int port)
        {
            var before = dovecot.Log.Count;
            await CheckAsync(active, port);
            using var marker = await TcpPeer.ConnectAsync(plain);
            await marker.ReadLineAsync();
            await marker.SendAsync("a LOGIN marker x\r\n");
            // A line of a check may come behind the marker's, of another process.
            await Eventually.TrueAsync(
                () => dovecot.Log.Skip(before).Any(IsMarkers) && dovecot.Log.Skip(before).Count(IsOther) >= lines * Checks,
                "the marker's line, and those of the checks");
            Assert.Equal(lines, dovecot.Log.Skip(before).Count(IsOther) / Checks);

            static bool IsMarkers(string line) => line.Contains("<marker>", StringComparison.Ordinal);
            static bool IsOther(string line) => !IsMarkers(line);
        }
    }

    private static async Task CheckAsync(TcpActiveHealthCheckConfig active, int port)
    {
        var address = new IPEndPoint(IPAddress.Loopback, port);
        var rules = HealthCheckModel.Default with { Timeout = Eventually.DefaultTimeout, Probe = ProbeModel.From(active, default) };
        var target = new ProbeTarget(address, new DestinationModel("d", $"{address}"), rules, null);
        for (var i = 0; i < Checks; i++)
        {
            var result = await new HealthProbe(new OwnListeners(), TimeProvider.System).CheckAsync(target, CancellationToken.None);
            Assert.Equal((true, null), (result.IsGood, result.Why));
        }
    }
}
