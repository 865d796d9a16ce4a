using System.Net;
using Gateway.Http.Backends.Clients;

namespace Gateway.Tests.Http.Backends.Clients;

/// <summary>A destination's name gets another HTTP client when its addresses are others, and only then.</summary>
public sealed class FollowedNameTests : IDisposable
{
    private static readonly IPEndPoint One = IPEndPoint.Parse("192.0.2.1:80");
    private static readonly IPEndPoint Two = IPEndPoint.Parse("192.0.2.2:80");

    private readonly HttpMessageInvoker _first = new(new UnusedHandler());
    private readonly HttpMessageInvoker _second = new(new UnusedHandler());
    private readonly FollowedName _name;

    public FollowedNameTests() => _name = new FollowedName("app.example", 80, _first);

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public void Follow_TheFirstAddressesAndTheSameAgain_KeepsTheClient()
    {
        Follow(One, Two);
        Follow(Two, One);

        Assert.Same(_first, _name.Current);
    }

    [Fact]
    public void Follow_NoneAreKnown_KeepsTheClient()
    {
        Follow(One);
        Follow();
        Follow(One);

        Assert.Same(_first, _name.Current);
    }

    [Fact]
    public void Follow_AnAddressMore_TakesAnotherClient()
    {
        Follow(One);
        Follow(One, Two);

        Assert.Same(_second, _name.Current);
    }

    [Fact]
    public void MayHaveMoved_AtOnceAndThenOncePerInterval_SaysSo()
    {
        Assert.True(_name.MayHaveMoved(TimeSpan.FromHours(1)) || Environment.TickCount64 < TimeSpan.FromHours(1).TotalMilliseconds);
        Assert.False(_name.MayHaveMoved(TimeSpan.FromHours(1)));
        Assert.True(_name.MayHaveMoved(TimeSpan.Zero));
    }

    private void Follow(params IPEndPoint[] addresses) => _name.Follow(addresses, () => _second);
}
