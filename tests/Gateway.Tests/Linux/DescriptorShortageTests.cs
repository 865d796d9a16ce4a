using System.Globalization;
using System.Net;
using Gateway.Linux;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Testing.Processes;

namespace Gateway.Tests.Linux;

/// <summary>What is said when no descriptor is left to find it out with. Alone: the limit is the whole process's.</summary>
[CollectionDefinition(nameof(DescriptorShortageTests), DisableParallelization = true)]
[Collection(nameof(DescriptorShortageTests))]
public sealed class DescriptorShortageTests
{
    [Fact]
    public async Task OwnAddress_NoDescriptorLeft_IsUnknownAndNotForeign_UnlessItWasAskedBefore()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("It asks Linux's routing.");
        }

        var own = Dns.GetHostAddresses(Dns.GetHostName()).FirstOrDefault(static address => !IPAddress.IsLoopback(address) && OwnAddress.Contains(address) == true)
            ?? IPAddress.Parse("192.0.2.77");
        var before = OwnAddress.Contains(own);
        var original = new ClusterModel("c", new TcpClusterConfig { Type = TcpClusterType.OriginalDestination }).Original!;
        var client = IPEndPoint.Parse("203.0.113.7:1");
        var identity = new ConnectionIdentity { Client = client, Peer = client, Local = new IPEndPoint(own, 6379), Source = IdentitySource.Socket };
        bool? contains = null, mayDial = null;
        var fresh = 0;

        await UseUpDescriptorsAsync(() =>
        {
            using var first = new RouteQuery();
            fresh = first.IsLocal(own, device: 0);
            (contains, mayDial) = (OwnAddress.Contains(own), original.MayDial(identity, 15006));
        });

        Assert.Equal(-Errno.EMFILE, fresh);
        Assert.Equal((before, before), (contains, mayDial));
    }

    private static async Task UseUpDescriptorsAsync(Action act)
    {
        var limit = DescriptorLimit.Read()!.Value;
        var held = new List<FileStream>();
        // Few more than there are, so that using them up is quick; not fewer than starting a program takes, by which the limit is raised
        // again.
        await LimitAsync(Directory.GetFiles("/proc/self/fd").Max(static path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)) + 64);
        try
        {
            while (true)
            {
                held.Add(File.OpenRead("/dev/null"));
            }
        }
        catch (IOException)
        {
            act();
        }
        finally
        {
            held.ForEach(static file => file.Dispose());
            await LimitAsync(limit);
        }
    }

    private static async Task LimitAsync(long soft) => (await ProcessRunner.RunAsync(
        ["prlimit", "--pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"--nofile={soft}:")])).RequireSuccess();
}
