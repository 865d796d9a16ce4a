using System.Net.Sockets;
using System.Text.Json;
using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>A gateway whose clusters are Services, while pods come and go and the API server is not always there.</summary>
public sealed class EndpointChurnTests
{
    // Within a second where nobody else needs the machine.
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(4);

    [Fact]
    public async Task Churn_AThousandTimesUnder200Connections_TouchesNoneAndRemovedPodsGetNothing()
    {
        await using var server = await ApiServer.StartAsync();
        var redis = Pod.Start(201, 10);
        var web = Pod.Start(202, 4, isHttp: true);
        await using var pods = new Many([.. redis, .. web]);
        Put(server, "redis", redis);
        Put(server, "web", web);
        var (port, httpPort, admin) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        using var folder = new TemporaryFolder();
        var file = folder.Write("appsettings.json", Configuration(server, port, httpPort, admin));
        await using var gateway = await GatewayProcess.StartAsync(folder, file, admin);

        var live = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ConnectAsync(port)));
        await EchoAllAsync(live);
        await Churn(server, redis, web, port, httpPort);

        // Nobody came long after the removal, and those who were there still are.
        Assert.All(redis.Concat(web), static pod => Assert.InRange(pod.LongestLag, TimeSpan.Zero, Most));
        await EchoAllAsync(live);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static active => active == 200, ("listener", "redis"));

        await CheckStatusAsync(gateway, server, redis);
        await CheckAwayAsync(gateway, server, redis, port);
        foreach (var client in live)
        {
            client.Dispose();
        }
    }

    private static async Task Churn(ApiServer server, Pod[] redis, Pod[] web, int port, int httpPort)
    {
        var random = new Random(15);
        using var http = new HttpClient();
        for (var step = 0; step < 1000; step++)
        {
            // Pods 7 to 9 leave for a second and more at a time, the others for moments. Pod 0 stays.
            var pod = redis[step % 250 == 0 ? 7 + (step / 250 % 3) : 1 + random.Next(6)];
            Toggle(server, "redis", redis, pod);
            if (step % 100 == 0)
            {
                Toggle(server, "web", web, web[1 + random.Next(3)]);
            }

            await Tempo.PauseAsync(Pace);
            if (step % 4 == 0)
            {
                using var client = await ConnectAsync(port);
                await EchoAsync(client);
                var answer = await http.GetStringAsync(new Uri($"http://127.0.0.1:{httpPort}/"));
                Assert.StartsWith("127.0.202.", answer, StringComparison.Ordinal);
            }
        }
    }

    private static async Task CheckStatusAsync(GatewayProcess gateway, ApiServer server, Pod[] redis)
    {
        var members = string.Join(' ', redis.Where(static pod => pod.IsMember).Select(static pod => $"{pod.Address}:{pod.Port}").Order());
        await Eventually.GetAsync(
            async () =>
            {
                using var response = await gateway.AdminAsync("/api/clusters");
                using var clusters = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
                var destination = clusters.RootElement.GetProperty("clusters").EnumerateArray()
                    .Single(static cluster => cluster.GetProperty("name").GetString() == "redis").GetProperty("destinations")[0];
                Assert.Equal("kubernetes://shop/redis:redis", destination.GetProperty("address").GetString());
                return string.Join(' ', destination.GetProperty("addresses").EnumerateArray()
                    .Select(static one => one.GetProperty("address").GetString()).Order());
            },
            addresses => addresses == members,
            $"the last change: {members}");
        var metrics = await gateway.MetricsAsync();
        Assert.Equal(0, metrics.Sum("gateway_kubernetes_state_age_seconds"));
        Assert.Equal(3, metrics.Sum("gateway_kubernetes_objects"));
        // Requests are counted for the name in the file: pods that come and go make no series.
        Assert.True(metrics.Sum("gateway_http_requests_total", ("destination", "pods")) >= 200);
        Assert.Single(server.Requests, static request => request.Contains("?limit=", StringComparison.Ordinal));
    }

    // The last state serves while the API server is away. What has changed meanwhile is there once it is back.
    private static async Task CheckAwayAsync(GatewayProcess gateway, ApiServer server, Pod[] redis, int port)
    {
        server.Faults.IsAway = true;
        server.ResetWatches();
        await gateway.WaitForMetricAsync("gateway_kubernetes_state_age_seconds", static age => age > 0);
        using (var client = await ConnectAsync(port))
        {
            await EchoAsync(client);
        }

        foreach (var pod in redis.Skip(1))
        {
            pod.IsMember = true;
        }

        Put(server, "redis", redis);
        server.Faults.IsAway = false;
        await gateway.WaitForMetricAsync("gateway_kubernetes_state_age_seconds", static age => age == 0);
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await gateway.AdminAsync("/api/clusters");
                return (await response.Content.ReadAsStringAsync()).Contains($"{redis[9].Address}:", StringComparison.Ordinal);
            },
            "the change that was made meanwhile");
    }

    private static void Toggle(ApiServer server, string service, Pod[] pods, Pod pod)
    {
        var isMember = !pod.IsMember;
        if (isMember)
        {
            pod.IsMember = true;
        }

        Put(server, service, pods, except: isMember ? null : pod);
        if (!isMember)
        {
            pod.IsMember = false;
        }
    }

    // Two slices, and the first pod is in both, as while it moves from one to the other.
    private static void Put(ApiServer server, string service, Pod[] pods, Pod? except = null)
    {
        var members = pods.Where(pod => pod.IsMember && pod != except).Select(static pod => pod.Address).ToArray();
        var half = service == "web" ? members.Length : (members.Length + 1) / 2;
        server.Put(SliceText.Of($"shop/{service}", $"{service}-a", pods[0].Port, members[..half]));
        if (service != "web")
        {
            server.Put(SliceText.Of($"shop/{service}", $"{service}-b", pods[0].Port, [members[0], .. members[half..]]));
        }
    }

    private static async Task<TcpClient> ConnectAsync(int port)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        return client;
    }

    private static Task EchoAllAsync(IEnumerable<TcpClient> clients) => Task.WhenAll(clients.Select(EchoAsync));

    private static async Task EchoAsync(TcpClient client)
    {
        var stream = client.GetStream();
        await stream.WriteAsync("x"u8.ToArray()).AsTask().WaitAsync(Eventually.DefaultTimeout);
        await stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Eventually.DefaultTimeout);
    }

    private static string Configuration(ApiServer server, int port, int httpPort, int admin) => $$"""
        {
          "Listeners": {
            "redis": { "Address": "127.0.0.1:{{port}}", "Protocol": "Tcp" },
            "web": { "Address": "127.0.0.1:{{httpPort}}", "Protocol": "Http" }
          },
          "TcpProxy": {
            "Routes": { "redis": { "Listener": "redis", "ClusterId": "redis", "SourceIp": { "Mode": "None" } } },
            "Clusters": { "redis": { "Type": "Kubernetes", "Service": "shop/redis:redis" } }
          },
          "ReverseProxy": {
            "Routes": { "web": { "ClusterId": "web", "Match": { "Path": "/{**all}" } } },
            "Clusters": { "web": { "Destinations": { "pods": { "Address": "kubernetes://shop/web:redis" } } } }
          },
          "Kubernetes": { "ApiServer": "{{server.Url}}" },
          "Admin": { "Address": "127.0.0.1:{{admin}}" }
        }
        """;

    private sealed class Many(IReadOnlyList<Pod> pods) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var pod in pods)
            {
                await pod.DisposeAsync();
            }
        }
    }
}
