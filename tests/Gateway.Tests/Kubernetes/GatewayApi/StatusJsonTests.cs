using System.Text.Json.Nodes;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Tests.Kubernetes.GatewayApi.Translation;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi;

public sealed class StatusJsonTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Write_Gateway_SaysListenersAndAddresses()
    {
        var item = Item("{}");

        StatusJson.Write(item, Translate().Gateways[0], ["203.0.113.1", "edge.example.com"], Now);

        var status = item["status"]!;
        Assert.Equal(
            "IPAddress 203.0.113.1,Hostname edge.example.com",
            string.Join(',', status["addresses"]!.AsArray().Select(static one => $"{one!["type"]} {one["value"]}")));
        var listener = status["listeners"]![0]!;
        Assert.Equal(
            ("tcp", 1, "TCPRoute"),
            ($"{listener["name"]}", listener["attachedRoutes"]!.GetValue<int>(), $"{listener["supportedKinds"]![0]!["kind"]}"));
        Assert.Equal(4, listener["conditions"]!.AsArray().Count);
        Assert.Equal("2026-01-02T03:04:05Z", $"{status["conditions"]![0]!["lastTransitionTime"]}");
        Assert.Equal(1, status["conditions"]![0]!["observedGeneration"]!.GetValue<long>());
    }

    [Fact]
    public void Write_Route_KeepsWhatOthersSayAndTheTimesOfWhatStays()
    {
        var item = Item("""
            { "parents": [
              { "parentRef": { "name": "theirs" }, "controllerName": "example.com/theirs",
                "conditions": [ { "type": "Accepted", "status": "False" } ] },
              { "parentRef": { "group": "gateway.networking.k8s.io", "kind": "Gateway",
                               "namespace": "default", "name": "g", "sectionName": "tcp" },
                "controllerName": "gateway.internal/controller",
                "conditions": [ { "type": "Accepted", "status": "True", "reason": "Other", "lastTransitionTime": "2020-01-01T00:00:00Z" },
                                { "type": "ResolvedRefs", "status": "False", "lastTransitionTime": "2020-01-01T00:00:00Z" },
                                { "type": "example.com/Checked", "status": "True" } ] },
              { "parentRef": { "name": "gone" }, "controllerName": "gateway.internal/controller", "conditions": [] } ] }
            """);

        StatusJson.Write(item, Translate().RouteStatuses[0], Now);

        var parents = item["status"]!["parents"]!.AsArray();
        Assert.Equal(["example.com/theirs", "gateway.internal/controller"], parents.Select(static one => $"{one!["controllerName"]}"));
        Assert.Equal(
            ["example.com/Checked True ", "Accepted True 2020-01-01T00:00:00Z", "ResolvedRefs True 2026-01-02T03:04:05Z"],
            parents[1]!["conditions"]!.AsArray().Select(static one => $"{one!["type"]} {one["status"]} {one["lastTransitionTime"]}"));
    }

    [Fact]
    public void Write_RouteOfTwoClasses_KeepsWhatTheOtherGatewayOfTheControllerSays()
    {
        var item = Item($$"""{ "parents": [ {{Entry("g2")}}, {{Entry("left")}} ] }""");
        var translated = WithOtherClass()
            .Route("r", """{ "name": "g", "sectionName": "tcp" }, { "name": "g2" }""", Backend("a")).Translate();

        StatusJson.Write(item, translated.RouteStatuses[0], Now);

        Assert.Equal(["g2", "g"], item["status"]!["parents"]!.AsArray().Select(static one => $"{one!["parentRef"]!["name"]}"));
    }

    [Theory]
    [InlineData("g", "theirs", 1)]
    [InlineData("gone", "theirs", 1)]
    [InlineData("g2", "theirs", 1)]
    [InlineData("g2", "g2", 0)]
    public void Write_RouteThatHasLeft_RemovesTheEntryOnce(string before, string now, int statuses)
    {
        var translated = WithOtherClass().Add($$"""
            { "kind": "TCPRoute", "metadata": { "name": "r" }, "spec": { "parentRefs": [ { "name": "{{now}}" } ] },
              "status": { "parents": [
                 { "parentRef": { "name": "theirs" }, "controllerName": "example.com/theirs" }, {{Entry(before)}} ] } }
            """).Translate();

        Assert.Equal(statuses, translated.RouteStatuses.Count);
        foreach (var status in translated.RouteStatuses)
        {
            var item = Item($$"""{ "parents": [ {{Entry(before)}} ] }""");
            StatusJson.Write(item, status, Now);
            Assert.Empty(item["status"]!["parents"]!.AsArray());
        }
    }

    [Fact]
    public void Write_Twice_ChangesNothing()
    {
        var item = Item("{}");
        var translated = Translate();
        StatusJson.Write(item, translated.Gateways[0], [], Now);
        var before = item.DeepClone();

        StatusJson.Write(item, translated.Gateways[0], [], Now.AddDays(1));

        Assert.True(JsonNode.DeepEquals(before, item));
        Assert.Null(item["status"]!["addresses"]);
    }

    [Fact]
    public void Write_PolicyAndClass_SayAccepted()
    {
        var translated = Start().Route("r", """{ "name": "g" }""", Backend("a"))
            .Policy("p", """{ "group": "", "kind": "Service", "name": "a" }""", """ "sourceIp": { "mode": "Toa" } """).Translate();
        var (policy, ours) = (Item("{}"), Item("{}"));

        StatusJson.Write(policy, translated.PolicyStatuses[0], Now);
        StatusJson.Write(ours, translated.Class!, Now);

        Assert.Equal(
            "Service a",
            $"{policy["status"]!["ancestors"]![0]!["ancestorRef"]!["kind"]} {policy["status"]!["ancestors"]![0]!["ancestorRef"]!["name"]}");
        Assert.Equal("Accepted", $"{ours["status"]!["conditions"]![0]!["reason"]}");
    }

    private static string Entry(string gateway) => $$"""
        { "parentRef": { "group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "default", "name": "{{gateway}}" },
          "controllerName": "gateway.internal/controller", "conditions": [] }
        """;

    /// <summary>Besides "gw", this controller has a class whose Gateway is "g2"; "theirs" is another controller's.</summary>
    private static TestObjects WithOtherClass() => Start()
        .Add("""{ "kind": "GatewayClass", "metadata": { "name": "gw2" }, "spec": { "controllerName": "gateway.internal/controller" } }""")
        .Add("""{ "kind": "Gateway", "metadata": { "name": "g2" }, "spec": { "gatewayClassName": "gw2", "listeners": [] } }""")
        .Add("""{ "kind": "Gateway", "metadata": { "name": "theirs" }, "spec": { "gatewayClassName": "theirs", "listeners": [] } }""");

    private static TranslatedObjects Translate() =>
        Start().Route("r", """{ "name": "g", "sectionName": "tcp" }""", Backend("a")).Translate();

    private static JsonObject Item(string status) => new() { ["status"] = JsonNode.Parse(status) };
}
