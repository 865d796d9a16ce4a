using System.Net;
using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>deploy/overlays/transparent as a pod would run it: its init container's commands, its configuration, its one capability, Whoami on 127.0.0.1.</summary>
public sealed class SamePodTests
{
    private static readonly string Overlay = Path.Combine(RepositoryPaths.Root, "deploy/overlays/transparent");

    [Fact]
    public async Task Overlay_AsDeployed_BackendOnLoopbackSeesTheClient()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var pod = network.Gateway;
        (await ProcessRunner.RunAsync([.. pod.CommandPrefix, "sh", "-euc", InitScript()])).RequireSuccess();
        await using var whoami = ManagedProcess.Start(
            [.. pod.CommandPrefix, Path.Combine(Path.GetDirectoryName(RepositoryPaths.GatewayExecutable)!, "Whoami"), .. WhoamiArguments()]);
        await whoami.WaitForLineAsync(line => line.StartsWith("TCP", StringComparison.Ordinal), "Whoami's TCP listener");
        await using var gateway = await GatewayProcess.StartAsync(
            new TemporaryFolder(), Path.Combine(Overlay, "appsettings.json"), 9901,
            new GatewayStart { Inside = pod, Prefix = [DebianPeer.Require("setpriv"), "--bounding-set=-all,+net_raw", "--inh-caps=-all", "--no-new-privs"] });

        using var client = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, 9000), new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        await client.SendAsync("hello\n");

        Assert.StartsWith($"client={GatewayNetwork.ClientV4}:", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("hello", await client.ReadLineAsync());
    }

    private static string InitScript()
    {
        var lines = Manifest().Split('\n').SkipWhile(line => !line.EndsWith("- |", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => line.StartsWith("              ", StringComparison.Ordinal));
        return string.Join('\n', lines.Select(line => line.Trim()));
    }

    private static string[] WhoamiArguments() =>
        [.. Regex.Match(Manifest(), @"args: \[(--http.*)\]").Groups[1].Value.Split(',').Select(argument => argument.Trim().Trim('"'))];

    private static string Manifest() => File.ReadAllText(Path.Combine(Overlay, "deployment.yaml"));
}
