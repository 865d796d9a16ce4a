using Gateway.Tcp.Listening;

namespace Gateway.Tests.Tcp;

/// <summary>How many connections a process takes.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public void Max_MoreThanDescriptorsAllow_IsWhatTheyAllow()
    {
        Assert.Equal(ConnectionLimit.Default(), new ConnectionLimit(int.MaxValue).Max);
        Assert.Equal(ConnectionLimit.Default(), new ConnectionLimit().Max);
        Assert.Equal(2, new ConnectionLimit(2).Max);
    }

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
}
