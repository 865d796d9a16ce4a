using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Admission;

/// <summary>The table of live connections, as the status page walks it.</summary>
public sealed class LiveConnectionsTests
{
    [Fact]
    public void CopyPart_OfAllParts_IsEveryConnectionOnce()
    {
        var live = new LiveConnections();
        var connections = Enumerable.Range(1, 200).Select(static number => new HeldConnection(number)).ToList();
        connections.ForEach(live.Add);
        live.Remove(connections[7]);

        var found = new List<LiveConnection>();
        for (var part = 0; part < LiveConnections.Parts; part++)
        {
            live.CopyPart(part, found);
        }

        Assert.Equal(connections.Where(static one => one.Id != 8).Select(static one => one.Id), found.Select(static one => one.Id).Order());
    }

    [Fact]
    public void Find_ByNumber_OnlyALiveOne()
    {
        var live = new LiveConnections();
        var (one, other) = (new HeldConnection(5), new HeldConnection(5 + LiveConnections.Parts));
        live.Add(one);
        live.Add(other);

        Assert.Same(one, live.Find(5));
        Assert.Same(other, live.Find(other.Id));
        live.Remove(one);
        Assert.Null(live.Find(5));
        Assert.Null(live.Find(-1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-7")]
    [InlineData("0123456789abcdef-7")]
    public void NumberOf_AnotherProcessesId_IsNull(string id) => Assert.Null(ConnectionIds.NumberOf(id));

    [Fact]
    public void NumberOf_OurId_IsItsNumber()
    {
        Assert.Equal(4711, ConnectionIds.NumberOf(ConnectionIds.Of(4711)));
        Assert.Null(ConnectionIds.NumberOf(ConnectionIds.Of(4711) + "x"));
        Assert.Null(ConnectionIds.NumberOf(ConnectionIds.Of(4711)[..^4]));
    }
}
