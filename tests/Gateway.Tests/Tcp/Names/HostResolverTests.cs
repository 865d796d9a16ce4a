using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Names;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Names;

public sealed class HostResolverTests
{
    private static readonly IPAddress[] One = [IPAddress.Parse("192.0.2.1")];

    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<string, IPAddress[]> _names = [];
    private int _asked;

    [Fact]
    public async Task Resolve_WithinFiveSeconds_AsksOnce()
    {
        _names["db"] = [IPAddress.Parse("::ffff:192.0.2.1"), IPAddress.Parse("192.0.2.1")];
        var resolver = new HostResolver(_time, (name, _) =>
        {
            _asked++;
            return Task.FromResult(_names[name]);
        });
        var destination = new DestinationModel("d", "db:5432");
        Assert.Equal("192.0.2.1:5432", Assert.Single(await resolver.ResolveAsync(destination)).ToString());
        _names["db"] = [IPAddress.Parse("192.0.2.2")];
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("192.0.2.1:5432", Assert.Single(await resolver.ResolveAsync(destination)).ToString());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("192.0.2.2:5432", Assert.Single(await resolver.ResolveAsync(destination)).ToString());
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Resolve_TemporaryFailure_IsTriedTwiceAndKeptForASecond()
    {
        var asked = 0;
        var resolver = new HostResolver(_time, (_, _) =>
        {
            asked++;
            throw new SocketException((int)SocketError.TryAgain);
        });
        var destination = new DestinationModel("d", "db:5432");
        Assert.Empty(await resolver.ResolveAsync(destination));
        Assert.Empty(await resolver.ResolveAsync(destination));
        Assert.Equal(2, asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await resolver.ResolveAsync(destination));
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task Resolve_NameServerInTrouble_KeepsTheLastAddresses()
    {
        var isDown = false;
        var resolver = new HostResolver(_time, (_, _) => isDown ? throw new SocketException((int)SocketError.TryAgain) : Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.1")]));
        var destination = new DestinationModel("d", "db:5432");
        Assert.Single(await resolver.ResolveAsync(destination));
        isDown = true;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("192.0.2.1:5432", Assert.Single(await resolver.ResolveAsync(destination)).ToString());
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(await resolver.ResolveAsync(destination));
    }

    [Fact]
    public async Task Resolve_WithPatience_WaitsForTheRefreshAndNoLonger()
    {
        var slow = new TaskCompletionSource<IPAddress[]>();
        var asked = 0;
        var resolver = new HostResolver(_time, (_, _) => ++asked == 1 ? Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.1")]) : slow.Task);
        var destination = new DestinationModel("d", "db:5432");
        var patience = TimeSpan.FromMilliseconds(500);
        Assert.Single(await resolver.ResolveAsync(destination, patience));
        _time.Advance(TimeSpan.FromSeconds(6));

        var impatient = resolver.ResolveAsync(destination, patience).AsTask();
        Assert.False(impatient.IsCompleted);
        _time.Advance(patience);
        Assert.Equal("192.0.2.1:5432", Assert.Single(await impatient).ToString());

        var patient = resolver.ResolveAsync(destination, patience).AsTask();
        slow.SetResult([IPAddress.Parse("192.0.2.2")]);
        Assert.Equal("192.0.2.2:5432", Assert.Single(await patient).ToString());
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Resolve_RefreshTakesLong_NobodyWaitsForIt()
    {
        var slow = new TaskCompletionSource<IPAddress[]>();
        var asked = 0;
        var resolver = new HostResolver(_time, (_, _) => ++asked == 1 ? Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.1")]) : slow.Task);
        var destination = new DestinationModel("d", "db:5432");
        Assert.Single(await resolver.ResolveAsync(destination));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("192.0.2.1:5432", Assert.Single(await resolver.ResolveAsync(destination)).ToString());
        slow.SetResult([IPAddress.Parse("192.0.2.2")]);
        await Eventually.TrueAsync(async () => (await resolver.ResolveAsync(destination))[0].ToString() == "192.0.2.2:5432", "the refreshed answer");
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Resolve_QueryThatNeverEnds_IsGivenUpAndNotAskedTwice()
    {
        var stuck = new TaskCompletionSource<IPAddress[]>();
        var resolver = Asking(stuck.Task);
        var destination = new DestinationModel("d", "dead:1");
        var waiting = resolver.ResolveAsync(destination).AsTask();
        _time.Advance(HostResolver.LongestWait - TimeSpan.FromMilliseconds(1));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(await waiting.WaitAsync(Eventually.DefaultTimeout));

        _time.Advance(TimeSpan.FromMinutes(1));
        var later = resolver.ResolveAsync(destination);
        Assert.True(later.IsCompleted);
        Assert.Empty(await later);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Resolve_LateAnswer_FillsTheCache()
    {
        var slow = new TaskCompletionSource<IPAddress[]>();
        var resolver = Asking(slow.Task);
        var destination = new DestinationModel("d", "slow:1");
        var waiting = resolver.ResolveAsync(destination).AsTask();
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(await waiting.WaitAsync(Eventually.DefaultTimeout));

        slow.SetResult(One);

        await Eventually.TrueAsync(async () => (await resolver.ResolveAsync(destination)).Length == 1, "the late answer");
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Resolve_SlowAnswer_AgesFromItsArrival()
    {
        var slow = new TaskCompletionSource<IPAddress[]>();
        var resolver = Asking(slow.Task);
        var destination = new DestinationModel("d", "slow:1");
        var waiting = resolver.ResolveAsync(destination).AsTask();
        _time.Advance(TimeSpan.FromSeconds(4));
        slow.SetResult(One);
        Assert.Single(await waiting.WaitAsync(Eventually.DefaultTimeout));

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Single(await resolver.ResolveAsync(destination));
        Assert.Equal(1, _asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(await resolver.ResolveAsync(destination));
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Resolve_NamesThatHang_DoNotHoldUpOthers()
    {
        var stuck = new TaskCompletionSource<IPAddress[]>();
        var resolver = new HostResolver(_time, (name, _) => name == "live" ? Task.FromResult(One) : stuck.Task);
        for (var i = 0; i < 100; i++)
        {
            Assert.False(resolver.ResolveAsync(new DestinationModel("d", $"dead-{i}:1")).AsTask().IsCompleted);
        }

        Assert.Single(await resolver.ResolveAsync(new DestinationModel("d", "live:1")).AsTask().WaitAsync(Eventually.DefaultTimeout));
    }

    [Fact]
    public async Task Resolve_BySystem_KnowsThisHost()
    {
        var addresses = await new HostResolver(TimeProvider.System).ResolveAsync(new DestinationModel("d", "localhost:1")).AsTask().WaitAsync(Eventually.DefaultTimeout);

        Assert.Contains(addresses, static address => IPAddress.IsLoopback(address.Address));
    }

    private HostResolver Asking(Task<IPAddress[]> answer) => new(_time, (_, _) =>
    {
        _asked++;
        return answer;
    });
}
