using Gateway.Tcp.Admission;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Admission;

/// <summary>How many connections a process takes.</summary>
public sealed class ConnectionLimitTests
{
    // Everybody has been there for long.
    private static readonly FakeTimeProvider Past = new();

    [Fact]
    public void Max_MoreThanDescriptorsAllow_IsWhatTheyAllow()
    {
        Assert.Equal(ConnectionLimit.ByDescriptors(), new ConnectionLimit(int.MaxValue).Max);
        Assert.Equal(ConnectionLimit.Default(), new ConnectionLimit().Max);
        Assert.Equal(2, new ConnectionLimit(2).Max);
    }

    [Theory]
    [InlineData(1024, 6144)]
    [InlineData(768, 4505)]
    [InlineData(16, 64)]
    public void ByMemory_OfAContainer_IsWhatItHasRoomForAndNeverNothing(int mebibytes, int connections)
    {
        Assert.Equal(connections, ConnectionLimit.ByMemory(mebibytes * 1024L * 1024));
        Assert.InRange(ConnectionLimit.Default(), 64, ConnectionLimit.ByMemory(ConnectionMemory.Available));
    }

    [Theory]
    [InlineData(null, 100)]
    [InlineData(100, 100)]
    [InlineData(60, 100)]
    [InlineData(30, 140)]
    public void MaxFurther_IsHalfOfAllDescriptorsOrWhatClientsLeave(int? max, int expected) =>
        Assert.Equal(expected, new ConnectionLimit(max, possible: 100).MaxFurther);

    [Fact]
    public void TryAcquire_AboveTheMost_IsRefusedUntilAPlaceComesBack()
    {
        var limit = new ConnectionLimit(2);

        Assert.True(limit.TryAcquire() && limit.TryAcquire());
        Assert.False(limit.TryAcquire());
        limit.Release();
        Assert.True(limit.TryAcquire());
        Assert.Equal(2, limit.Count);
    }

    [Fact]
    public void Own_AsManyAsThereMayBe_LeaveHalfOfAllDescriptorsToClients()
    {
        var limit = new ConnectionLimit(null, possible: 4);

        Assert.Equal(4, Take(limit, ConnectionKind.Own));
        Assert.Equal(2, Take(limit, ConnectionKind.Relayed));
        limit.Release(ConnectionKind.Own);
        Assert.False(limit.TryAcquire());
        limit.Release(ConnectionKind.Own);
        Assert.True(limit.TryAcquire());
        Assert.False(limit.TryAcquire(ConnectionKind.Own));
        Assert.Equal((3, 2), (limit.Count, limit.Further));
    }

    [Fact]
    public void Clients_AsManyAsThereMayBe_LeaveNothingToOwnConnections()
    {
        var limit = new ConnectionLimit(null, possible: 4);

        Assert.Equal(4, Take(limit, ConnectionKind.Http));
        Assert.False(limit.TryAcquire(ConnectionKind.Own));
    }

    [Fact]
    public void Shared_OneForEachHttpConnection_NeedsNoRoomOfItsOwnAndCanAlwaysBeHad()
    {
        var limit = new ConnectionLimit(null, possible: 4);
        Assert.Equal(4, Take(limit, ConnectionKind.Own));
        Assert.Equal(2, Take(limit, ConnectionKind.Http));

        Assert.Equal(2, Take(limit, ConnectionKind.Shared));
        Assert.Equal(4, limit.Further);
    }

    [Fact]
    public void Shared_MoreThanHttpConnections_TakesRoomUntilThoseComeOrIsClosed()
    {
        var limit = new ConnectionLimit(null, possible: 4);
        Assert.True(limit.TryAcquire(ConnectionKind.Http));

        // The streams of one HTTP/2 connection: one in its room, four further ones, and there the half ends.
        Assert.Equal(5, Take(limit, ConnectionKind.Shared));
        Assert.Equal(4, limit.Further);
        Assert.True(limit.TryAcquire(ConnectionKind.Http));
        Assert.Equal(3, limit.Further);
        limit.Release(ConnectionKind.Http);
        limit.Release(ConnectionKind.Http);
        Assert.Equal(5, limit.Further);
        for (var i = 0; i < 5; i++)
        {
            limit.Release(ConnectionKind.Shared);
        }

        Assert.Equal((0, 0), (limit.Count, limit.Further));
    }

    [Theory]
    [InlineData(ConnectionKind.Relayed)]
    [InlineData(ConnectionKind.Http)]
    [InlineData(ConnectionKind.Shared)]
    [InlineData(ConnectionKind.Own)]
    public void NoRoom_SomethingIsIdle_GivesWay(ConnectionKind kind)
    {
        var limit = new ConnectionLimit(null, possible: 4);
        Assert.Equal(4, Take(limit, ConnectionKind.Own));
        Assert.Equal(2, Take(limit, ConnectionKind.Relayed));
        var asked = 0;
        limit.MakeRoom = () =>
        {
            asked++;
            return () => limit.Release(ConnectionKind.Own);
        };

        Assert.True(limit.TryAcquire(kind));
        Assert.Equal(kind is ConnectionKind.Relayed or ConnectionKind.Http ? 2 : 1, asked);
        limit.MakeRoom = () => null;
        Assert.False(limit.TryAcquire(ConnectionKind.Own));
    }

    [Fact]
    public void MaxConnections_Reached_MakesNobodyGiveWay()
    {
        var limit = new ConnectionLimit(1, possible: 4) { MakeRoom = () => throw new InvalidOperationException("It would not help.") };

        Assert.Equal(1, Take(limit, ConnectionKind.Relayed));
    }

    [Theory]
    [InlineData(ConnectionKind.Relayed)]
    [InlineData(ConnectionKind.Http)]
    public void MaxConnections_Reached_ASilentOneGivesWay(ConnectionKind kind)
    {
        var limit = new ConnectionLimit(2, possible: 4);
        Assert.True(limit.TryAcquire() && limit.TryAcquire());
        var full = 0;
        limit.Full = () => full++;
        var (live, other) = (new LiveConnections(Past), new LiveConnections(Past));
        limit.Quiet.Watch(other);
        limit.Quiet.Watch(live);
        var (speaks, silent) = (
            Add(live, new HeldConnection(1, ConnectionKind.Relayed)),
            Add(live, new HeldConnection(2, ConnectionKind.Relayed)));
        speaks.HasSpoken = true;

        Assert.True(limit.TryAcquire(kind));
        Assert.False(limit.TryAcquire(kind));
        Assert.Equal((2, 2), (limit.Count, full));
        Assert.Equal((0, 1), (speaks.GaveWay, silent.GaveWay));
    }

    [Fact]
    public void OwnConnections_WithoutRoom_EndNoClients()
    {
        var limit = new ConnectionLimit(null, possible: 4);
        var live = new LiveConnections(Past);
        limit.Quiet.Watch(live);
        var silent = Add(live, new HeldConnection(1, ConnectionKind.Relayed));
        Assert.Equal(4, Take(limit, ConnectionKind.Own));
        Assert.Equal(0, silent.GaveWay);
    }

    [Fact]
    public void Acquire_WithoutRoom_IsTakenAllTheSame()
    {
        var limit = new ConnectionLimit(null, possible: 4);
        Assert.Equal(4, Take(limit, ConnectionKind.Own));

        limit.Acquire(ConnectionKind.Own);
        Assert.Equal(5, limit.Further);
    }

    private static HeldConnection Add(LiveConnections live, HeldConnection connection)
    {
        live.Add(connection);
        return connection;
    }

    private static int Take(ConnectionLimit limit, ConnectionKind kind)
    {
        var taken = 0;
        while (limit.TryAcquire(kind))
        {
            taken++;
        }

        return taken;
    }
}
