using System.Text.Json.Nodes;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Testing.Kubernetes;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Kubernetes.GatewayApi;

public sealed class LeaderElectionTests : IAsyncLifetime
{
    private static readonly ApiKind Leases = ApiKind.Known.Single(static kind => kind.Kind == "Lease");

    private readonly FakeTimeProvider _time = new();
    private ApiServer _server = null!;
    private ApiClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _client = new ApiClient(new ApiAccess(new Uri(_server.Url), null, null));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Try_TwoReplicas_TheFirstLeadsUntilItFallsSilent()
    {
        var (one, other) = (Replica("one"), Replica("other"));

        Assert.True(await one.TryAsync(Cancellation));
        Assert.False(await other.TryAsync(Cancellation));
        _time.Advance(LeaderElection.Duration - TimeSpan.FromSeconds(1));
        Assert.True(await one.TryAsync(Cancellation));
        _time.Advance(LeaderElection.Duration - TimeSpan.FromSeconds(1));
        Assert.False(await other.TryAsync(Cancellation));
        // Nothing was renewed since the other replica has looked.
        _time.Advance(LeaderElection.Duration);
        Assert.True(await other.TryAsync(Cancellation));
        Assert.False(await one.TryAsync(Cancellation));
        Assert.Equal(("other", 1), (Spec["holderIdentity"]!.GetValue<string>(), Spec["leaseTransitions"]!.GetValue<int>()));
        Assert.Equal(15, Spec["leaseDurationSeconds"]!.GetValue<int>());
    }

    [Fact]
    public async Task Release_OfTheLeader_LetsTheOtherFollowAtOnce()
    {
        var (one, other) = (Replica("one"), Replica("other"));
        Assert.True(await one.TryAsync(Cancellation));
        Assert.False(await other.TryAsync(Cancellation));

        await other.ReleaseAsync(Cancellation);
        Assert.False(await other.TryAsync(Cancellation));
        await one.ReleaseAsync(Cancellation);

        Assert.True(await other.TryAsync(Cancellation));
    }

    [Fact]
    public async Task Try_ServerThatRefuses_IsNoLeaderAndThrows()
    {
        var one = Replica("one");
        Assert.True(await one.TryAsync(Cancellation));

        _server.Faults.FailNext(403);
        await Assert.ThrowsAsync<ApiException>(() => one.TryAsync(Cancellation));

        Assert.False(one.IsLeader);
        Assert.True(await one.TryAsync(Cancellation));
    }

    private JsonNode Spec => _server.Store.Find(Leases, "shop", "lease")!["spec"]!;

    private LeaderElection Replica(string identity) => new(_client, "shop", "lease", identity, _time);
}
