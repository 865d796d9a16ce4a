using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Kubernetes.Endpoints;
using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Tests.Kubernetes.Endpoints;

/// <summary>The endpoints of Services, through changes of the cluster and of the configuration.</summary>
public sealed class ServiceWatchTests : IAsyncLifetime
{
    private static readonly ServiceAddress Redis = new("shop", "redis", "redis");
    private static readonly ServiceAddress Other = new("shop", "other", "redis");
    private static readonly ServiceAddress Far = new("far", "redis", "redis");

    private readonly FakeLoggerProvider _log = new();
    private readonly ServiceRegistry _registry = new(TimeProvider.System);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private ApiServer _server = null!;
    private ServiceWatch _watch = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _watch = new ServiceWatch(
            _registry,
            new Dictionary<string, string>(),
            _services.GetRequiredService<IMeterFactory>(),
            TimeProvider.System,
            LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log)));
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _server.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Follow_AServiceAndItsChanges_PublishesWithinASecond()
    {
        Put("shop/redis", "10.0.0.1");
        Assert.Empty(await FollowAsync(Redis));
        Assert.Equal("10.0.0.1:6379", Now(Redis));

        var began = TimeProvider.System.GetTimestamp();
        Put("shop/redis", "10.0.0.1", "10.0.0.2");
        await UntilAsync(Redis, "10.0.0.1:6379 10.0.0.2:6379");
        // A second, and what a busy machine needs.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));

        _server.Store.Delete(ApiKind.EndpointSlices, "shop", "redis");
        await UntilAsync(Redis, "");
        Assert.Contains(_log.Collector.GetSnapshot(), static line => line.Id == 1160);
    }

    [Fact]
    public async Task Follow_NoServices_AsksNobody()
    {
        Assert.Empty(await FollowAsync());
        Assert.Empty(_server.Requests);
        Assert.Empty(_log.Collector.GetSnapshot());
    }

    [Fact]
    public void Follow_OutsideOfAClusterWithoutAnAddress_SaysWhatIsMissing() =>
        Assert.Equal("Kubernetes:ApiServer", Assert.Single(_watch.Follow(null, new HashSet<ServiceAddress> { Redis })).KeyPath);

    [Fact]
    public async Task Follow_SeveralServices_OneWatchForEachNamespaceAndOnlyOfThem()
    {
        Put("shop/redis", "10.0.0.1");
        Put("shop/third", "10.0.0.3");
        Put("far/redis", "10.0.1.1");
        await FollowAsync(Redis, Other, Far);

        Assert.Equal(("10.0.0.1:6379", "", "10.0.1.1:6379"), (Now(Redis), Now(Other), Now(Far)));
        await Eventually.TrueAsync(() => _server.Watches == 2, "two watches");
        const string List = "/namespaces/shop/endpointslices?limit=250&labelSelector=kubernetes.io/service-name in (other,redis)";
        Assert.Contains(_server.Requests, static request => Uri.UnescapeDataString(request).EndsWith(List, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Follow_AnotherServiceOfTheNamespace_NothingIsLostMeanwhile()
    {
        Put("shop/redis", "10.0.0.1");
        await FollowAsync(Redis);
        var endpoints = _registry.Find(Redis);
        var changes = 0;
        endpoints.Changed += () => changes++;

        Put("shop/other", "10.0.0.2");
        await FollowAsync(Redis, Other);
        Assert.Equal(("10.0.0.1:6379", "10.0.0.2:6379"), (Now(Redis), Now(Other)));
        await FollowAsync(Other);
        await Eventually.TrueAsync(() => _server.Watches == 1, "the old watches to end");

        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task Follow_SameAgain_StartsNothing()
    {
        await FollowAsync(Redis);
        await Eventually.TrueAsync(() => _server.Watches == 1, "the watch");
        var requests = _server.Requests.Count;
        await FollowAsync(Redis);
        Assert.Equal(requests, _server.Requests.Count);
    }

    [Fact]
    public async Task Follow_AnotherApiServer_TheStateStaysUntilItAnswers()
    {
        Put("shop/redis", "10.0.0.1");
        await FollowAsync(Redis);
        await using var second = await ApiServer.StartAsync();
        second.Faults.IsAway = true;
        second.Put(SliceText.Of("shop/redis", "redis", 6379, "10.0.0.9"));
        _watch.Follow(new KubernetesConfig { ApiServer = second.Url }, new HashSet<ServiceAddress> { Redis });
        Put("shop/redis", "10.0.0.2");
        await UntilAsync(Redis, "10.0.0.2:6379");

        second.Faults.IsAway = false;
        await UntilAsync(Redis, "10.0.0.9:6379");
        await Eventually.TrueAsync(() => _server.Watches == 0, "the old watch to end");
    }

    [Fact]
    public async Task Ask_BeforeTheFirstList_WaitsForIt()
    {
        Put("shop/redis", "10.0.0.1");
        var asked = _registry.Find(Redis).AskAsync();
        Assert.False(asked.IsCompleted);
        await FollowAsync(Redis);
        Assert.Equal("10.0.0.1:6379", Assert.Single(await asked).ToString());
    }

    [Fact]
    public async Task Destinations_OfHttpClusters_ArePodsAndThoseThatStayAreTheSame()
    {
        Put("shop/redis", "10.0.0.1", "10.0.0.2");
        await FollowAsync(Redis);
        ClusterConfig[] clusters =
        [
            new()
            {
                ClusterId = "web",
                Destinations = new Dictionary<string, DestinationConfig>
                {
                    ["pods"] = new() { Address = "kubernetes+https://shop/redis:redis" },
                    ["fixed"] = new() { Address = "http://10.9.9.9/" },
                },
            },
            new() { ClusterId = "plain" },
        ];
        var changed = new TaskCompletionSource<IReadOnlyList<ClusterConfig>>();
        using var destinations = ServiceDestinations.Of(clusters, _registry, one => changed.TrySetResult(one.Expand()))!;
        var before = destinations.Expand();
        Assert.Equal(["fixed", "pods[10.0.0.1:6379]", "pods[10.0.0.2:6379]"], before[0].Destinations!.Keys.Order());
        var pod = before[0].Destinations!["pods[10.0.0.2:6379]"];
        Assert.Equal(("https://10.0.0.2:6379/", "redis.shop.svc"), (pod.Address, pod.Host));
        Assert.Same(clusters[1], before[1]);

        Put("shop/redis", "10.0.0.2", "10.0.0.3");
        var after = await changed.Task.WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);
        Assert.Equal(["fixed", "pods[10.0.0.2:6379]", "pods[10.0.0.3:6379]"], after[0].Destinations!.Keys.Order());
        Assert.Same(pod, after[0].Destinations!["pods[10.0.0.2:6379]"]);
        Assert.Equal("pods", PodDestination.NameOf("pods[10.0.0.2:6379]"));
        Assert.Null(ServiceDestinations.Of([clusters[1]], _registry, static _ => { }));
    }

    private async Task<IReadOnlyList<object>> FollowAsync(params ServiceAddress[] services)
    {
        var set = services.ToHashSet();
        var problems = _watch.Follow(new KubernetesConfig { ApiServer = _server.Url }, set);
        _registry.Keep(set);
        await _watch.WaitAsync(set, Eventually.DefaultTimeout);
        return problems;
    }

    private void Put(string service, params string[] addresses) =>
        _server.Put(SliceText.Of(service, service.Split('/')[1], 6379, addresses));

    private string Now(ServiceAddress service) => string.Join(' ', _registry.Find(service).Current ?? []);

    private Task UntilAsync(ServiceAddress service, string addresses) =>
        Eventually.GetAsync(() => Task.FromResult(Now(service)), now => now == addresses, addresses);
}
