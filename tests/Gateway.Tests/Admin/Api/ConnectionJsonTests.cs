using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Admin.Api;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Status;

namespace Gateway.Tests.Admin.Api;

/// <summary>The members of a connection.</summary>
public sealed class ConnectionJsonTests
{
    [Fact]
    public void Write_ALiveConnection_HasTheMembersOfTheContract()
    {
        var json = Write(Summary());

        Assert.Equal(
            ["id", "protocol", "client", "peer", "source", "listener", "route", "cluster", "destination", "backend", "mode",
                "received", "sent", "startedAt"],
            json.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("203.0.113.7:4711", json.GetProperty("client").GetString());
        Assert.Equal("10.0.0.1:2", json.GetProperty("peer").GetString());
        Assert.Equal("ProxyProtocolV2", json.GetProperty("source").GetString());
        Assert.EndsWith("-42", json.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("route").ValueKind);
        Assert.Equal(11, json.GetProperty("received").GetInt64());
        Assert.Equal("1970-01-02T00:00:00.000Z", json.GetProperty("startedAt").GetString());
    }

    [Fact]
    public void Write_AClientOfXForwardedFor_SaysWhoseConnectionItIs()
    {
        var json = Write(Summary(IPAddress.Parse("198.51.100.9")));

        Assert.Equal("198.51.100.9", json.GetProperty("client").GetString());
        Assert.Equal("XForwardedFor", json.GetProperty("source").GetString());
        Assert.Equal("203.0.113.7:4711", json.GetProperty("hop").GetString());
        Assert.Equal("ProxyProtocolV2", json.GetProperty("hopSource").GetString());
    }

    [Fact]
    public void Write_AnEndedConnection_SaysHowAndWhen()
    {
        var summary = Summary();
        summary.End("idle_timeout", "half_closed", TimeSpan.FromMinutes(5), DateTimeOffset.UnixEpoch);

        var json = Write(summary);

        Assert.Equal("idle_timeout", json.GetProperty("reason").GetString());
        Assert.Equal("half_closed", json.GetProperty("detail").GetString());
        Assert.Equal(300_000, json.GetProperty("durationMs").GetDouble());
        Assert.Equal("1970-01-01T00:00:00.000Z", json.GetProperty("closedAt").GetString());
    }

    [Fact]
    public void Write_TextOfAClient_HasNoMarkup()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            ConnectionJson.Write(writer, Summary(request: "GET /<script>alert(1)</script>"));
        }

        var text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.DoesNotContain('<', text);
        Assert.Equal("GET /<script>alert(1)</script>", JsonDocument.Parse(text).RootElement.GetProperty("request").GetString());
    }

    private static JsonElement Write(ConnectionSummary summary)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            ConnectionJson.Write(writer, summary);
        }

        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private static ConnectionSummary Summary(IPAddress? requestClient = null, string? request = null) => new()
    {
        Number = 42,
        Protocol = ConnectionSummary.Tcp,
        Client = IPEndPoint.Parse("203.0.113.7:4711"),
        RequestClient = requestClient,
        Peer = IPEndPoint.Parse("10.0.0.1:2"),
        Source = IdentitySource.ProxyProtocolV2,
        Listener = "db",
        Request = request,
        Received = 11,
        StartedAt = DateTimeOffset.UnixEpoch.AddDays(1),
    };
}
