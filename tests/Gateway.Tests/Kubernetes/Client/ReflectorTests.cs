using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.Endpoints;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Kubernetes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;

namespace Gateway.Tests.Kubernetes.Client;

/// <summary>List and watch against a server with faults.</summary>
public sealed class ReflectorTests : IAsyncLifetime
{
    private readonly FakeLogger _log = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentQueue<string> _changes = new();
    private ApiServer _server = null!;
    private ApiClient _client = null!;
    private Reflector<EndpointSlice>? _reflector;

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    private ReflectorState State => _reflector!.State;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _client = new ApiClient(new ApiAccess(new Uri(_server.Url), null, null));
    }

    public async ValueTask DisposeAsync()
    {
        if (_reflector is not null)
        {
            await _reflector.DisposeAsync();
        }

        _client.Dispose();
        await _server.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Start_ObjectsThere_ListsAndThenFollowsEachChange()
    {
        Put("a", "10.0.0.1");
        Put("b", "10.0.0.2");
        await StartAsync();
        Assert.Equal(["+a", "+b"], _changes.Order());

        Put("c", "10.0.0.3");
        Put("a", "10.0.0.4");
        _server.Store.Delete(ApiKind.EndpointSlices, "shop", "b");
        await ChangesAsync(5);

        Assert.Equal(["+c", "~a", "-b"], _changes.Skip(2));
        Assert.Equal("10.0.0.4", Address("a"));
        Assert.Equal(["GET", "GET"], _server.Requests.Select(static request => request.Split(' ')[0]));
    }

    [Fact]
    public async Task List_MoreThanAPage_AllPagesAreOne()
    {
        foreach (var number in Enumerable.Range(0, 251))
        {
            Put($"s{number}", "10.0.0.1");
        }

        await StartAsync();

        Assert.Equal(251, _reflector!.Store.Count);
        Assert.Equal(2, Lists());
    }

    [Fact]
    public async Task Watch_ResetInTheMiddleOfAnObject_GoesOnWithoutAList()
    {
        Put("a", "10.0.0.1");
        await StartAsync();
        _server.Faults.ResetInNextEvents();

        Put("a", "10.0.0.2");
        await ChangesAsync(2);

        Assert.Equal(["+a", "~a"], _changes);
        Assert.Equal("10.0.0.2", Address("a"));
        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task Watch_EventsInParts_AreReadAsOne()
    {
        await StartAsync();
        _server.Faults.SplitsEvents = true;

        Put("a", "10.0.0.1");
        Put("b", "10.0.0.2");
        await ChangesAsync(2);

        Assert.Equal(["+a", "+b"], _changes);
    }

    [Fact]
    public async Task Watch_VersionIsGone_ListsAgainAndTellsOnlyWhatChanged()
    {
        Put("a", "10.0.0.1");
        Put("b", "10.0.0.2");
        await StartAsync();
        _server.Faults.IsAway = true;
        _server.ResetWatches();
        await Eventually.TrueAsync(() => State.Problem is not null, "the loss to be noticed");
        Put("a", "10.0.0.3");
        _server.Store.Delete(ApiKind.EndpointSlices, "shop", "b");
        _server.Store.Compact();
        _server.Faults.IsAway = false;
        await ChangesAsync(4);

        Assert.Equal(["~a", "-b"], _changes.Skip(2));
        Assert.Equal(2, Lists());
    }

    [Fact]
    public async Task Watch_Bookmark_TheNextWatchBeginsThere()
    {
        await StartAsync();
        _server.Store.Put(ApiKind.Known[1], JsonNode.Parse("""{"metadata":{"name":"other"}}""")!.AsObject());
        _server.SendBookmarks();
        var version = _server.Store.Version;
        using var events = new MetricCollector<long>(Meters, "Gateway", "gateway.kubernetes.events");
        await Eventually.TrueAsync(
            () =>
            {
                // The bookmark may have come before the collector.
                _server.EndWatches();
                return _server.Requests.Any(request => request.Contains($"resourceVersion={version}&", StringComparison.Ordinal));
            },
            "a watch from the bookmark");

        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task Watch_DuplicatesAndOldEvents_ChangeNothing()
    {
        var first = Put("a", "10.0.0.1");
        await StartAsync();
        var second = Put("a", "10.0.0.2");
        _server.Inject("MODIFIED", ApiKind.EndpointSlices, second);
        _server.Inject("MODIFIED", ApiKind.EndpointSlices, first);
        _server.Store.Delete(ApiKind.EndpointSlices, "shop", "a");
        _server.Inject("MODIFIED", ApiKind.EndpointSlices, second);
        Put("end", "10.0.0.9");
        await ChangesAsync(4);

        Assert.Equal(["+a", "~a", "-a", "+end"], _changes);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"x","namespace":"shop"},"endpoints":7}""")]
    [InlineData("""{"metadata":{"name":null,"namespace":"shop"}}""")]
    [InlineData("""{"metadata":{"name":"x","namespace":"shop"},"addressType":null}""")]
    public async Task Watch_ObjectOfTheWrongShape_IsLeftOutAndTheOthersGoOn(string wrong)
    {
        await StartAsync();
        var item = JsonNode.Parse(wrong)!.AsObject();
        item["metadata"]!["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "redis" };
        _server.Inject("ADDED", ApiKind.EndpointSlices, item);
        Put("a", "10.0.0.1");
        await ChangesAsync(1);

        Assert.Equal(["+a"], _changes);
        Assert.Contains(_log.Collector.GetSnapshot(), static line => line.Id == 1153);
    }

    [Theory]
    [InlineData("""{"endpoints":7}""")]
    [InlineData("""{"addressType":null}""")]
    public async Task List_ObjectOfTheWrongShape_IsLeftOutAndTheOthersAreThere(string wrong)
    {
        Put("a", "10.0.0.1");
        Break("x", wrong);
        Put("b", "10.0.0.2");
        await StartAsync();

        Assert.Equal(["+a", "+b"], _changes.Order());
        Assert.Contains(
            _log.Collector.GetSnapshot(), static line => line.Id == 1153 && line.Message.Contains("shop/x", StringComparison.Ordinal));

        // What was known of an object stays.
        _server.Faults.IsAway = true;
        _server.ResetWatches();
        await Eventually.TrueAsync(() => State.Problem is not null, "the loss to be noticed");
        Break("a", wrong);
        Put("c", "10.0.0.3");
        _server.Store.Compact();
        _server.Faults.IsAway = false;
        await ChangesAsync(3);

        Assert.Equal("+c", _changes.Last());
        Assert.Equal("10.0.0.1", Address("a"));
    }

    [Fact]
    public async Task Failures_OfLists_AreTriedAgainAndCounted()
    {
        using var failures = new MetricCollector<long>(Meters, "Gateway", "gateway.kubernetes.failures");
        Put("a", "10.0.0.1");
        _server.Faults.FailNext(500, 503, 429);
        await StartAsync();

        Assert.Equal(["+a"], _changes);
        Assert.Equal(3, failures.GetMeasurementSnapshot().Sum(static sample => sample.Value));
        // An outage is told once, and its end once.
        Assert.Equal([1150, 1151], _log.Collector.GetSnapshot().Select(static line => line.Id.Id));
    }

    [Fact]
    public async Task Server_Away_StateStaysAndItsAgeGrows()
    {
        Put("a", "10.0.0.1");
        await StartAsync();
        await Eventually.TrueAsync(() => State.IsWatching, "the watch");
        Assert.Equal(0, Age());
        _server.Faults.IsAway = true;
        _server.ResetWatches();
        await Eventually.TrueAsync(() => Age() > 0, "the age to grow");

        Assert.Equal("10.0.0.1", Address("a"));

        _server.Faults.IsAway = false;
        await Eventually.TrueAsync(() => Age() == 0, "the age to be none");
        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task Token_RotatedOnDisk_IsUsedForTheNextRequest()
    {
        using var folder = new TemporaryFolder();
        var token = folder.Write("token", "old\n");
        _client = new ApiClient(new ApiAccess(new Uri(_server.Url), token, null));
        _server.Faults.Token = "old";
        Put("a", "10.0.0.1");
        await StartAsync();
        _server.Faults.Token = "new";
        _server.ResetWatches();
        await Eventually.TrueAsync(() => State.Problem?.StartsWith("401", StringComparison.Ordinal) == true, "the refusal");
        folder.Write("token", "new\n");
        Put("b", "10.0.0.2");
        await ChangesAsync(2);

        Assert.Equal(["+a", "+b"], _changes);
        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task Labels_InScope_SelectAtTheServer()
    {
        Put("a", "10.0.0.1");
        _server.Put(SliceText.Of("shop/other", "o", 80, "10.0.0.2"));
        _server.Put(SliceText.Of("shop/third", "t", 80, "10.0.0.3"));
        await StartAsync("kubernetes.io/service-name in (redis,third)");
        _server.Put(SliceText.Of("shop/other", "p", 80, "10.0.0.2"));
        Put("b", "10.0.0.4");
        await ChangesAsync(3);

        Assert.Equal(["+a", "+b", "+t"], _changes.Order());
    }

    [Fact]
    public async Task Tls_CaOfTheFile_IsTheOnlyTrusted()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("cluster");
        using var other = new TestAuthority("other");
        var pair = authority.Issue("kubernetes", "localhost");
        using var pem = X509Certificate2.CreateFromPem(pair.Certificate, pair.Key);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        await using var server = await ApiServer.StartAsync(certificate);
        var url = new Uri(server.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        var path = folder.Write("ca.crt", other.Pem);
        using var client = new ApiClient(new ApiAccess(url, null, path));

        await Assert.ThrowsAsync<HttpRequestException>(() => VersionAsync(client));
        folder.Write("ca.crt", authority.Pem);
        Assert.Equal(HttpStatusCode.OK, await VersionAsync(client));

        // The certificate is for localhost alone.
        using var byAddress = new ApiClient(new ApiAccess(new Uri(server.Url), null, path));
        await Assert.ThrowsAsync<HttpRequestException>(() => VersionAsync(byAddress));
    }

    [Fact]
    public async Task Send_ConflictingReplacement_GivesTheStatus()
    {
        var lease = Encoding.UTF8.GetBytes("""{"metadata":{"name":"gateway"},"spec":{"holderIdentity":"a"}}""");
        const string Path = "/apis/coordination.k8s.io/v1/namespaces/shop/leases";
        var (made, body) = await SendAsync(HttpMethod.Post, Path, lease);
        var (replaced, _) = await SendAsync(HttpMethod.Put, $"{Path}/gateway", body);
        var (conflict, _) = await SendAsync(HttpMethod.Put, $"{Path}/gateway", body);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Conflict), (made, replaced, conflict));
    }

    private Task<(HttpStatusCode Status, byte[] Body)> SendAsync(HttpMethod method, string path, byte[] body) =>
        _client.SendAsync(method, path, body, "application/json", TestContext.Current.CancellationToken);

    private static async Task<HttpStatusCode> VersionAsync(ApiClient client) =>
        (await client.SendAsync(HttpMethod.Get, "/version", null, "application/json", TestContext.Current.CancellationToken)).Status;

    private async Task StartAsync(string? labels = null)
    {
        _reflector = new Reflector<EndpointSlice>(
            _client,
            new ResourceScope<EndpointSlice>(EndpointSlice.Type, "shop", labels),
            new KubernetesMetrics(Meters),
            TimeProvider.System,
            _log);
        _reflector.Store.Changed += (before, after) =>
            _changes.Enqueue((before is null ? "+" : after is null ? "-" : "~") + (after ?? before)!.Metadata.Name);
        _reflector.Start();
        await _reflector.Store.Synced.WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => _server.Watches == 1, "the watch");
    }

    private JsonObject Put(string slice, string address) => _server.Put(SliceText.Of("shop/redis", slice, 6379, address));

    private void Break(string slice, string wrong)
    {
        var item = JsonNode.Parse(SliceText.Of("shop/redis", slice, 6379, "10.0.0.9"))!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(wrong)!.AsObject())
        {
            item[name] = value?.DeepClone();
        }

        _server.Put(item.ToJsonString());
    }

    private Task ChangesAsync(int count) => Eventually.TrueAsync(() => _changes.Count >= count, $"{count} changes");

    private string? Address(string slice) =>
        _reflector!.Store.TryGet("shop", slice, out var found) ? found.Endpoints?[0]?.Addresses?[0] : null;

    private int Lists() => _server.Requests.Count(static request => request.Contains("?limit=", StringComparison.Ordinal));

    private double Age()
    {
        using var age = new MetricCollector<double>(Meters, "Gateway", "gateway.kubernetes.state_age");
        age.RecordObservableInstruments();
        return age.LastMeasurement!.Value;
    }
}
