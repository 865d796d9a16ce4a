using Gateway.Admin.Api;

namespace Gateway.Tests.Admin.Api;

/// <summary>Answers are made one at a time.</summary>
public sealed class ApiTurnTests
{
    [Fact]
    public async Task Take_WhileAnotherIsMade_WaitsForItsEnd()
    {
        using var turn = new ApiTurn();
        using var begun = new ManualResetEventSlim();
        using var end = new ManualResetEventSlim();
        var isSecondMade = false;
        var cancellation = TestContext.Current.CancellationToken;
        var first = Task.Run(
            () => turn.TakeAsync(
                () =>
                {
                    begun.Set();
                    end.Wait(cancellation);
                    Assert.False(isSecondMade);
                },
                cancellation),
            cancellation);
        begun.Wait(cancellation);

        var second = turn.TakeAsync(() => isSecondMade = true, cancellation);
        using var left = new CancellationTokenSource();
        var third = turn.TakeAsync(() => Assert.Fail("its client has left"), left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);

        Assert.False(second.IsCompleted);
        end.Set();
        await first;
        await second;
        Assert.True(isSecondMade);
    }

    [Fact]
    public async Task Take_AnAnswerThatFailed_LetsTheNextBeMade()
    {
        using var turn = new ApiTurn();
        var isMade = false;

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => turn.TakeAsync(static () => throw new InvalidOperationException(), TestContext.Current.CancellationToken));
        await turn.TakeAsync(() => isMade = true, TestContext.Current.CancellationToken);

        Assert.True(isMade);
    }
}
