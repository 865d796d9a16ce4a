using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi;

public sealed class StatusWriterTests
{
    private static readonly ApiKind Routes = ApiKind.Known.First(static kind => kind.Kind == "TCPRoute");

    [Fact]
    public async Task Write_AStatusThatTheServerRefuses_KeepsNoOtherBack()
    {
        await using var server = await ApiServer.StartAsync();
        using var client = new ApiClient(new ApiAccess(new Uri(server.Url), null, null));
        var (time, logger) = (new FakeTimeProvider(), new FakeLogger());
        foreach (var name in (string[])["one", "two"])
        {
            server.Put($$"""
                { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "TCPRoute",
                  "metadata": { "name": "{{name}}", "namespace": "default" } }
                """);
        }

        var parent = """{ "name": "g", "sectionName": "tcp" }""";
        var objects = Start().Route("one", parent, Backend("a")).Route("two", parent, Backend("a")).Translate();
        objects = objects with { Class = null, Gateways = [] };
        foreach (var status in objects.RouteStatuses.ToList())
        {
            var uid = $"{server.Store.Find(Routes, "default", status.Object.Name)!["metadata"]!["uid"]}";
            objects = objects with
            {
                RouteStatuses =
                [
                    .. objects.RouteStatuses.Select(one => one == status ? one with { Object = one.Object with { Uid = uid } } : one),
                ],
            };
        }

        // The Lease is asked for and made; the first route is read and refused.
        server.Faults.FailStatus("tcproutes/one/status", 422);
        await using var writer = new StatusWriter(client, new LeaderElection(client, "shop", "lease", "one", time), time, logger);
        writer.Write(objects, []);
        await Eventually.TrueAsync(() => Says("two"), "the status of the second route");
        await Eventually.TrueAsync(() => logger.Collector.Count == 1, "the log");
        Assert.False(Says("one"));

        // What failed is tried again, with the next look at the Lease, and what was written is left alone.
        server.Faults.FailStatus(null, 0);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(LeaderElection.Interval);
                return Says("one");
            },
            "the status of the first route");
        Assert.Single(
            server.Requests,
            static request => request == "PUT /apis/gateway.networking.k8s.io/v1/namespaces/default/tcproutes/two/status");
        bool Says(string name) => server.Store.Find(Routes, "default", name)?["status"]?["parents"] is not null;
    }
}
