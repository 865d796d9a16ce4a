using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Tcp.Engines.Linux;

public sealed class TimerWheelTests
{
    private const long Start = 1_000_003;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(500)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(5_000)]
    [InlineData(32_768)]
    [InlineData(60_000)]
    [InlineData(3_600_000)]
    [InlineData(100_000_000)]
    public void Arm_AnyDistance_FiresOnceWithinATickAfterItsTime(long distance)
    {
        var bed = new Bed();
        var fired = bed.Node();
        bed.Wheel.Arm(fired.Node, Start + distance);

        bed.RunTo(Start + distance + 5_000_000);

        var at = Assert.Single(fired.Times);
        Assert.InRange(at, Start + distance, Start + distance + (2 * TimerWheel.TickMilliseconds));
    }

    [Fact]
    public void Arm_ManyRandomOnes_AllFireInTimeAndSleepsAreNeverTooLong()
    {
        var bed = new Bed();
        var random = new Random(42);
        var nodes = Enumerable.Range(0, 500).Select(_ => (Fired: bed.Node(), Due: Start + random.NextInt64(1, 10_000_000))).ToArray();
        foreach (var (fired, due) in nodes)
        {
            bed.Wheel.Arm(fired.Node, due);
        }

        bed.RunTo(Start + 11_000_000);

        Assert.All(nodes, node => Assert.InRange(Assert.Single(node.Fired.Times), node.Due, node.Due + (2 * TimerWheel.TickMilliseconds)));
        Assert.Equal(-1, bed.Wheel.MillisecondsToNext(bed.Now));
    }

    [Fact]
    public void Arm_AgainForLater_FiresAtTheLaterTimeOnly()
    {
        var bed = new Bed();
        var fired = bed.Node();
        bed.Wheel.Arm(fired.Node, Start + 5_000);
        bed.Wheel.Arm(fired.Node, Start + 60_000);

        bed.RunTo(Start + 120_000);

        Assert.InRange(Assert.Single(fired.Times), Start + 60_000, Start + 60_016);
    }

    [Fact]
    public void Arm_AgainForSooner_FiresAtTheSoonerTimeOnly()
    {
        var bed = new Bed();
        var fired = bed.Node();
        bed.Wheel.Arm(fired.Node, Start + 60_000);
        bed.Wheel.Arm(fired.Node, Start + 5_000);

        bed.RunTo(Start + 120_000);

        Assert.InRange(Assert.Single(fired.Times), Start + 5_000, Start + 5_016);
    }

    [Fact]
    public void Arm_Never_DoesNotFire()
    {
        var bed = new Bed();
        var fired = bed.Node();
        bed.Wheel.Arm(fired.Node, Start + 5_000);
        bed.Wheel.Arm(fired.Node, TimerNode.Never);

        bed.RunTo(Start + 120_000);

        Assert.Empty(fired.Times);
    }

    [Fact]
    public void Remove_NeighbourThatIsDueInTheSameTick_IsNotFired()
    {
        var bed = new Bed();
        Fired? first = null, second = null;
        first = bed.Node(() => bed.Wheel.Remove(second!.Node));
        second = bed.Node(() => bed.Wheel.Remove(first.Node));
        var third = bed.Node();
        bed.Wheel.Arm(first.Node, Start + 100);
        bed.Wheel.Arm(second.Node, Start + 100);
        bed.Wheel.Arm(third.Node, Start + 100);

        bed.RunTo(Start + 10_000);

        Assert.Equal(1, first.Times.Count + second.Times.Count);
        Assert.Single(third.Times);
    }

    [Fact]
    public void Fire_ArmsItselfAgain_FiresAgain()
    {
        var bed = new Bed();
        Fired? fired = null;
        fired = bed.Node(() =>
        {
            if (fired!.Times.Count < 5)
            {
                bed.Wheel.Arm(fired.Node, bed.Now + 100);
            }
        });
        bed.Wheel.Arm(fired.Node, Start + 100);

        bed.RunTo(Start + 10_000);

        Assert.Equal(5, fired.Times.Count);
    }

    private sealed record Fired(TimerNode Node, List<long> Times);

    /// <summary>Runs the wheel as a loop does: sleep for as long as it says, then advance.</summary>
    private sealed class Bed
    {
        public TimerWheel Wheel { get; } = new(Start);

        public long Now { get; private set; } = Start;

        public Fired Node(Action? onDue = null)
        {
            var times = new List<long>();
            return new Fired(
                new TimerNode(
                    _ =>
                    {
                        times.Add(Now);
                        onDue?.Invoke();
                    },
                    this),
                times);
        }

        public void RunTo(long end)
        {
            while (Now < end && Wheel.MillisecondsToNext(Now) is var sleep and >= 0)
            {
                // At least a millisecond, as a real clock moves on between two rounds.
                Now += Math.Max(1, sleep);
                Wheel.Advance(Now);
            }
        }
    }
}
