using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.Kubernetes.Endpoints;
using Gateway.Testing.Kubernetes;

namespace Gateway.Tests.Kubernetes.Endpoints;

public sealed class SliceMergeTests
{
    private static readonly JsonObject[] Ports = [SliceText.Port("redis", 6379), SliceText.Port("metrics", 9121)];

    [Theory]
    [InlineData(true, true, false, true)]
    [InlineData(null, null, null, true)]
    [InlineData(false, false, false, false)]
    [InlineData(false, true, true, false)]
    [InlineData(false, false, true, false)]
    public void Merge_ConditionsBesideAReadyEndpoint_OnlyReadyOnesAreUsed(bool? ready, bool? serving, bool? terminating, bool isUsed)
    {
        var merged = Merge(Slice([SliceText.Endpoint("10.0.0.1"), SliceText.Endpoint("10.0.0.2", ready, serving, terminating)]));
        Assert.Equal(isUsed ? ["10.0.0.1:6379", "10.0.0.2:6379"] : ["10.0.0.1:6379"], merged);
    }

    [Fact]
    public void Merge_NoneIsReady_ThoseThatGoButStillServeAreUsed()
    {
        var merged = Merge(Slice(
        [
            SliceText.Endpoint("10.0.0.1", ready: false, serving: true, terminating: true),
            SliceText.Endpoint("10.0.0.2", ready: false, serving: false, terminating: true),
            SliceText.Endpoint("10.0.0.3", ready: false, serving: false),
        ]));
        Assert.Equal(["10.0.0.1:6379"], merged);
    }

    [Fact]
    public void Merge_SeveralSlices_AreOneListWithoutDuplicates()
    {
        var merged = Merge(
            Slice([SliceText.Endpoint("10.0.0.1"), SliceText.Endpoint("10.0.0.2")]),
            Slice([SliceText.Endpoint("10.0.0.2"), SliceText.Endpoint("10.0.0.3")]));
        Assert.Equal(["10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"], merged);
    }

    [Fact]
    public void Merge_AnAddressTwiceInOneSlice_CountsOnce() =>
        Assert.Equal(["10.0.0.1:6379"], Merge(Slice([SliceText.Endpoint("10.0.0.1"), SliceText.Endpoint("10.0.0.1")])));

    [Fact]
    public void Merge_DualStack_HasBothFamiliesEachWithItsOwnRules()
    {
        var merged = Merge(
            Slice([SliceText.Endpoint("fd00::1"), SliceText.Endpoint("fd00::2", ready: false)]),
            Slice([SliceText.Endpoint("10.0.0.1", ready: false, serving: true, terminating: true)]));
        Assert.Equal(["10.0.0.1:6379", "[fd00::1]:6379"], merged);
    }

    [Theory]
    [InlineData("metrics", "10.0.0.1:9121")]
    [InlineData("9121", "10.0.0.1:9121")]
    [InlineData("6379", "10.0.0.1:6379")]
    [InlineData("80", null)]
    [InlineData("other", null)]
    public void Merge_NamedAndNumberedPorts_AreThoseOfTheSlice(string port, string? expected)
    {
        var slice = Slice([SliceText.Endpoint("10.0.0.1")]);
        Assert.Equal(expected is null ? [] : [expected], Merge(port, null, slice));
    }

    [Fact]
    public void Merge_PortsOfOtherProtocolsOrNumbers_DoNotMatter()
    {
        JsonObject[] ports = [SliceText.Port("redis", 53, "UDP"), SliceText.Port("redis", 7000)];
        Assert.Equal(["10.0.0.1:7000"], Merge(Read(SliceText.Of("shop/redis", "a", ports, [SliceText.Endpoint("10.0.0.1")]))));
    }

    [Theory]
    // All have hints, and some are for the zone.
    [InlineData("a", "a", "b", "10.0.0.1:6379")]
    [InlineData("b", "a", "a,b", "10.0.0.2:6379")]
    // None is for the zone.
    [InlineData("c", "a", "b", "10.0.0.1:6379 10.0.0.2:6379")]
    // One has no hint.
    [InlineData("a", "a", null, "10.0.0.1:6379 10.0.0.2:6379")]
    // The zone is not known.
    [InlineData(null, "a", "b", "10.0.0.1:6379 10.0.0.2:6379")]
    public void Merge_ZoneHints_AreFollowedWhereEveryZoneHasEndpoints(string? zone, string? first, string? second, string expected)
    {
        var slices = new[]
        {
            Slice([SliceText.Endpoint("10.0.0.1", zones: first?.Split(','))]),
            Slice([SliceText.Endpoint("10.0.0.2", zones: second?.Split(','))]),
            // Without a ready endpoint, a slice has no say.
            Slice([SliceText.Endpoint("10.0.0.3", ready: false)]),
        };
        Assert.Equal(expected.Split(' '), Merge("redis", zone, slices));
    }

    [Fact]
    public void Of_AddressesThatAreNone_AreLeftOut()
    {
        var names = """
            {"metadata":{"name":"x"},"addressType":"FQDN","ports":[{"port":6379,"name":"redis"}],"endpoints":[{"addresses":["a.example"]}]}
            """;
        var broken = """
            {"metadata":{"name":"x"},"addressType":"IPv4","ports":[{"port":6379,"name":"redis"}],
             "endpoints":[{"addresses":["nonsense"]},{"addresses":[]},{"addresses":["fd00::1"]},{"addresses":["10.0.0.1"]}]}
            """;
        Assert.Equal(["10.0.0.1:6379"], Merge(Read(names), Read(broken)));
    }

    [Fact]
    public void Of_NullsInLists_AreLeftOut()
    {
        var nulls = """
            {"metadata":{"name":"x"},"addressType":"IPv4","ports":[null,{"port":6379,"name":"redis"}],
             "endpoints":[null,{"addresses":[null]},{"addresses":["10.0.0.1"],"hints":{"forZones":[null,{"name":"a"}]}}]}
            """;
        Assert.Equal(["10.0.0.1:6379"], Merge("redis", "a", Read(nulls)));
    }

    private static EndpointSlice Slice(IEnumerable<JsonObject> endpoints) =>
        Read(SliceText.Of("shop/redis", "a", Ports.Select(static port => port.DeepClone().AsObject()), endpoints));

    private static EndpointSlice Read(string json) => JsonSerializer.Deserialize(json, EndpointSlice.Type.Object)!;

    private static IEnumerable<string> Merge(params EndpointSlice[] slices) => Merge("redis", null, slices);

    private static IEnumerable<string> Merge(string port, string? zone, params EndpointSlice[] slices) =>
        new SliceMerge().Merge([.. slices.Select(slice => PartOf(slice, port, zone)).OfType<SlicePart>()])
            .Select(static address => address.ToString());

    private static SlicePart? PartOf(EndpointSlice slice, string port, string? zone) =>
        SlicePart.Of(slice, new ServiceAddress("shop", "redis", port), zone);
}
