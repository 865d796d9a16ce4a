using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Spans of connections, as a listener of the activity source gets them.</summary>
public sealed class PipelineSpansTests
{
    private const string Client = "203.0.113.7:40000";

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Span_OfAConnection_SaysWhoCameAndWhereItWent(TcpEngineKind engine)
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address), engine);
        plane.Plane.TraceSampleRatio = 1;
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, "198.51.100.1:6379"), .. "hello"u8]);
        await client.ReadTextAsync(5);
        client.ShutdownSend();
        await client.ReadToEndAsync();
        var id = (await plane.AccessAsync())["id"];

        var span = await Eventually.GetAsync(
            () => Task.FromResult(spans.FirstOrDefault(span => Equals(span.GetTagItem("gateway.connection.id"), id))),
            static found => found is not null,
            "a span");

        Assert.Equal(("tcp r", ActivityKind.Server, ActivityStatusCode.Unset), (span!.OperationName, span.Kind, span.Status));
        Assert.Null(span.ParentId);
        Assert.Equal(("203.0.113.7", 40000), (span.GetTagItem("client.address"), span.GetTagItem("client.port")));
        Assert.Equal(("127.0.0.1", client.Local.Port), (span.GetTagItem("network.peer.address"), span.GetTagItem("network.peer.port")));
        Assert.Equal(("127.0.0.1", plane.EndPoint.Port), (span.GetTagItem("server.address"), span.GetTagItem("server.port")));
        Assert.Equal(
            ("in", "r", "c", "d0", "ProxyProtocolV2", "client_fin"),
            (span.GetTagItem("gateway.listener"), span.GetTagItem("gateway.route"), span.GetTagItem("gateway.cluster"),
                span.GetTagItem("gateway.destination"), span.GetTagItem("gateway.client.source"), span.GetTagItem("gateway.reason")));
        Assert.Equal((5L, 5L), (span.GetTagItem("gateway.received_bytes"), span.GetTagItem("gateway.sent_bytes")));
        Assert.Equal(server.EndPoint.Port, span.GetTagItem("gateway.backend.port"));
        Assert.Equal(["gateway.connected", "gateway.first_byte"], span.Events.Select(static happened => happened.Name));
        Assert.InRange(span.Events.Last().Timestamp.UtcDateTime, span.StartTimeUtc, span.StartTimeUtc + span.Duration);
        Assert.Null(span.GetTagItem("error.type"));
    }

    [Fact]
    public async Task Span_DestinationIsDead_IsAnError()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, $"127.0.0.1:{FreePorts.Next()}"));
        await plane.ConnectToTheEndAsync(say: "x");
        var unsampled = (await plane.AccessAsync())["id"];
        plane.Plane.TraceSampleRatio = 1;
        await plane.ConnectToTheEndAsync(say: "x");
        var id = (await plane.AccessAsync(1))["id"];

        var span = await Eventually.GetAsync(
            () => Task.FromResult(spans.FirstOrDefault(span => Equals(span.GetTagItem("gateway.connection.id"), id))),
            static found => found is not null,
            "a span");

        Assert.Equal((ActivityStatusCode.Error, "backend_connect_failed"), (span!.Status, span.GetTagItem("error.type")));
        Assert.Contains("ConnectionRefused", span.StatusDescription, StringComparison.Ordinal);
        Assert.DoesNotContain(spans, other => Equals(other.GetTagItem("gateway.connection.id"), unsampled));
    }

    // Other tests' planes have the same source.
    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Gateway.Tcp",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
