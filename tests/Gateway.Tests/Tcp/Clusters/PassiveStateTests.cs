using System.Net;
using Gateway.Tcp.Clusters;

namespace Gateway.Tests.Tcp.Clusters;

/// <summary>One destination's state: when it fails, when it is tried, when it is back.</summary>
public sealed class PassiveStateTests
{
    private static readonly PassiveRules Rules = new(Failures: 2, TimeSpan.FromSeconds(10), MaxEjectedPercent: 100);
    private static readonly IPAddress Client = IPAddress.Parse("203.0.113.7");

    private readonly PassiveState _state = new();

    [Fact]
    public void Failed_InARow_BeginsOnce()
    {
        Assert.False(Fail(0));
        Assert.True(Fail(1));
        Assert.False(Fail(2));
        Assert.True(_state.IsFailing);
    }

    [Fact]
    public void Failed_WithASuccessBetween_BeginsNothing()
    {
        Fail(0);
        Assert.False(_state.Reached(At(0), isTrial: false));
        Assert.False(Fail(1));
        Assert.False(_state.IsFailing);
    }

    [Fact]
    public void Failed_OneClientsOwnAddress_CountsOnce()
    {
        Assert.False(Fail(0, Client));
        Assert.False(Fail(1, Client));
        Assert.True(Fail(2, IPAddress.Parse("203.0.113.8")));
    }

    [Fact]
    public void Trial_OfManyAtOnce_IsOnes()
    {
        Begin();
        Assert.False(TryTrial(10.9));
        Assert.True(TryTrial(11));
        Assert.False(TryTrial(11));
        Assert.False(TryTrial(20));
    }

    [Fact]
    public void Trial_ThatFails_WaitsAsLongAgain()
    {
        Begin();
        Assert.True(TryTrial(11));
        Assert.False(Fail(16, isTrial: true));
        Assert.False(TryTrial(25));
        Assert.True(TryTrial(26));
    }

    [Fact]
    public void Trial_ThatNeverEnds_IsTheNextOnes()
    {
        Begin();
        Assert.True(TryTrial(11));
        Assert.True(TryTrial(11 + 15));
    }

    [Fact]
    public void Trial_Abandoned_IsTheNextOnes()
    {
        Begin();
        Assert.True(TryTrial(11));
        _state.AbandonTrial(At(12));
        Assert.True(TryTrial(12));
    }

    [Fact]
    public void Trial_ThatSucceeds_EndsIt()
    {
        Begin();
        Assert.True(TryTrial(11));
        Assert.True(_state.Reached(At(12), isTrial: true));
        Assert.Equal((false, false), (_state.IsFailing, _state.IsLeftOut));
        Assert.False(_state.Reached(At(12), isTrial: false));
    }

    [Fact]
    public void Reached_BeforeItsTime_ChangesNothing()
    {
        Begin();
        Assert.False(_state.Reached(At(5), isTrial: false));
        Assert.True(_state.IsLeftOut);
        Assert.True(_state.Reached(At(11), isTrial: false));
    }

    [Theory]
    [InlineData(2, 50, 0, true)]
    [InlineData(2, 50, 1, false)]
    [InlineData(3, 50, 1, false)]
    [InlineData(4, 50, 1, true)]
    [InlineData(3, 1, 0, true)] // one always may
    [InlineData(3, 100, 2, true)]
    public void AllowsAnother_OfSoMany_KeepsThePercentage(int destinations, int percent, int leftOut, bool expected) =>
        Assert.Equal(expected, (Rules with { MaxEjectedPercent = percent }).AllowsAnother(destinations, leftOut));

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(100 + seconds);

    private bool Fail(double at, IPAddress? source = null, bool isTrial = false) => _state.Failed(Rules, At(at), isTrial, source).HasBegun;

    private bool TryTrial(double at) => _state.TryBeginTrial(At(at), TimeSpan.FromSeconds(15));

    // Left out at 1 s, until 11 s.
    private void Begin()
    {
        Fail(0);
        Assert.True(Fail(1));
        _state.LeaveOut();
    }
}
