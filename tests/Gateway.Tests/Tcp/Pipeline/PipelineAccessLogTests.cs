using System.Globalization;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Prologue;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Microsoft.Extensions.Logging.Testing;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Chosen fields, lines of a connection's start and life, and samples, on both engines.</summary>
public sealed class PipelineAccessLogTests
{
    private const string Client = "203.0.113.7:40000";
    private const string Target = "198.51.100.1:6379";

    private static readonly string[] Unreachable = ["backend_connect_failed", "backend_connect_failed"];

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Write_StartIntervalAndEnd_AreOfOneIdWithTheBytesSoFar(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        plane.AccessLog.Update(new AccessLogRules(start: true, interval: TimeSpan.FromMicroseconds(AccessLogState.Parts)));
        using var client = await plane.ConnectAsync();
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
        // The client may have its bytes a moment before the relay has counted them.
        await Eventually.TrueAsync(
            () => ((AcceptedConnection)plane.Plane.Live.Snapshot()[0]).Carried is { ToBackend: 5, ToClient: 5 },
            "both directions are counted");

        // Every connection has its turn once in an interval.
        for (var tick = 0; tick < AccessLogState.Parts * 2; tick++)
        {
            plane.Time.Advance(TimeSpan.FromMicroseconds(1));
        }

        client.ShutdownSend();
        await client.ReadToEndAsync();

        await plane.AccessAsync(3);
        var lines = Lines(plane).Select(static log => new AccessLine(log.Message)).ToArray();
        Assert.Equal(
            ["event=start", "event=interval", "event=interval", "client=" + client.Local],
            Lines(plane).Select(static log => log.Message.Split(' ')[2]));
        Assert.Single(lines.Select(static line => line["id"]).Distinct());
        Assert.Equal(["0", "5", "5", "5"], lines.Select(static line => line["received"]));
        Assert.Equal(["0", "5", "5", "5"], lines.Select(static line => line["sent"]));
        Assert.Equal(["-", "-", "-", "client_fin"], lines.Select(static line => line.Reason));
        Assert.Equal([2101, 2102, 2102, 2100], Lines(plane).Select(static log => log.Id.Id));
        Assert.Equal("start", Lines(plane)[0].StructuredState![0].Value);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Write_FieldsAreChosen_LineHasTheseInThisOrder(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address), engine);
        string[] fields =
        [
            "id", "client", "tlv:Authority", "tlv:0xEA", "tlv:0x05", "original_destination", "local", "backend", "backend_local", "connect",
            "connected",
            "first_byte", "duration", "status", "sni", "tls", "event", "mode",
        ];
        plane.AccessLog.Update(new AccessLogRules(fields: [.. fields.Select(static name => AccessField.Find(name)!)]));
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V2(Client, Target, (0x02, "example.org"u8.ToArray()), (0xEA, [1, 2])));
        using var backend = await server.NextAsync();
        await client.SendAsync("ask");
        Assert.Equal("ask", await backend.ReadTextAsync(3));
        await backend.SendAsync("answer");
        await client.ReadTextAsync(6);
        client.ShutdownSend();
        await backend.ReadToEndAsync();
        backend.Dispose();
        await client.ReadToEndAsync();

        var line = await plane.AccessAsync();

        Assert.Equal([.. fields.Except(["status"])], Lines(plane)[0].Message.Split(' ').Skip(2).Select(static word => word.Split('=')[0]));
        Assert.Equal((Client, Target, plane.EndPoint.ToString()), (line["client"], line["original_destination"], line["local"]));
        Assert.Equal(("example.org", "0x0102", "-"), (line["tlv:Authority"], line["tlv:0xEA"], line["tlv:0x05"]));
        Assert.Equal((server.Address, backend.Remote.ToString()), (line["backend"], line["backend_local"]));
        Assert.Equal(("-", "-", "end", "None"), (line["sni"], line["tls"], line["event"], line["mode"]));
        Assert.True(Milliseconds("connect") <= Milliseconds("connected") && Milliseconds("connected") <= Milliseconds("duration"));
        Assert.InRange(Milliseconds("first_byte"), 0, Milliseconds("duration"));

        double Milliseconds(string name) =>
            double.Parse(line[name].Replace("ms", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Write_DestinationIsDead_FieldsThatNobodyKnowsAreDashes(TcpEngineKind engine)
    {
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, $"127.0.0.1:{FreePorts.Next()}"), engine);
        plane.AccessLog.Update(new AccessLogRules(
            start: true,
            fields:
            [
                .. ((string[])["reason", "connect", "first_byte", "backend", "backend_local", "mode"])
                    .Select(static name => AccessField.Find(name)!),
            ]));

        await plane.ConnectToTheEndAsync();

        var line = await plane.AccessAsync();
        Assert.Equal(
            "reason=backend_connect_failed connect=- first_byte=- backend=- backend_local=- mode=-",
            string.Join(' ', Lines(plane)[0].Message.Split(' ').Skip(2)));
        Assert.Null(Lines(plane)[0].StructuredState!.Single(static pair => pair.Key == "ConnectMs").Value);
        Assert.Equal("-", line["connect"]);
    }

    [Fact]
    public async Task Write_NothingIsSampled_OnlyFailuresHaveLines()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address));
        Listen(new ListenerAccessLog(IsEnabled: true, Sample: 0));
        await EchoAsync(plane);
        plane.Plane.Update(TestPlane.Model(null, Policies.None, $"127.0.0.1:{FreePorts.Next()}"));
        await plane.ConnectToTheEndAsync(say: "x");
        await plane.ConnectToTheEndAsync(say: "x");
        await plane.AccessAsync(1);
        Listen(new ListenerAccessLog(IsEnabled: false, Sample: 1));
        await plane.ConnectToTheEndAsync(say: "x");
        await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == 0, "no connection is left");
        Listen(null);
        await plane.ConnectToTheEndAsync(say: "x");

        await plane.AccessAsync(2);
        Assert.Equal([.. Unreachable, Unreachable[0]], Lines(plane).Select(static log => new AccessLine(log.Message).Reason));

        void Listen(ListenerAccessLog? own) => plane.AccessLog.Update(
            new AccessLogRules(start: true, listeners: own is null ? null : new Dictionary<string, ListenerAccessLog> { ["in"] = own }));
    }

    private static async Task EchoAsync(TestPlane plane)
    {
        using var client = await plane.ConnectAsync();
        await client.SendAsync("echo");
        await client.ReadTextAsync(4);
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == 0, "no connection is left");
    }

    private static FakeLogRecord[] Lines(TestPlane plane) => [.. plane.Logs.Where(static log => log.Category == "Gateway.Access")];
}
