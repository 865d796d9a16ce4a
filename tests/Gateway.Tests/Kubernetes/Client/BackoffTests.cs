using Gateway.Kubernetes.Client;

namespace Gateway.Tests.Kubernetes.Client;

public sealed class BackoffTests
{
    [Fact]
    public void Next_FailuresInARow_DoublesWithJitterUpToTheLongest()
    {
        var backoff = new Backoff(new Random(1));
        var waits = Enumerable.Range(0, 12).Select(_ => backoff.Next().TotalSeconds).ToArray();

        foreach (var (wait, number) in waits.Select(static (wait, number) => (wait, number)))
        {
            var full = Math.Min(30, 0.2 * Math.Pow(2, number));
            Assert.InRange(wait, full / 2, full);
        }

        Assert.Equal(waits.Length, waits.Distinct().Count());
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.1, 0.2);
    }

    [Fact]
    public void Next_ServerAsksToWait_WaitsThatLongButNotForever()
    {
        var backoff = new Backoff(new Random(1));
        Assert.Equal(TimeSpan.FromSeconds(7), backoff.Next(TimeSpan.FromSeconds(7)));
        Assert.Equal(TimeSpan.FromSeconds(30), backoff.Next(TimeSpan.FromHours(1)));
    }
}
