using Gateway.Tcp.Balancing;
using Gateway.Testing;

namespace Gateway.Tests.Tcp.Balancing;

public sealed class WaitingLineTests
{
    private readonly WaitingLine _line = new();

    [Fact]
    public void Serve_APlaceIsFree_TheOneThatWaitedLongestForItGetsIt()
    {
        var (a, b) = (Destination(0, most: 1), Destination(1, most: 1));
        Assert.Equal(Entry.Entered, a.Load.TryEnter(new Choice(0)));
        Assert.Equal(Entry.Entered, b.Load.TryEnter(new Choice(1)));
        var onlyB = _line.TryJoin([b], 3)!;
        var first = _line.TryJoin([a, b], 3)!;
        var second = _line.TryJoin([a], 3)!;
        Assert.Equal((3, false), (_line.Count, first.Place.IsCompleted));

        Leave(a);
        Assert.Equal((true, false, false), (first.Place.IsCompleted, onlyB.Place.IsCompleted, second.Place.IsCompleted));
        Leave(a);
        Assert.Equal((true, false), (second.Place.IsCompleted, onlyB.Place.IsCompleted));
        Leave(b);
        Assert.Equal((true, 0), (onlyB.Place.IsCompleted, _line.Count));
        Assert.Equal((1, 1), (a.Load.Connections, b.Load.Connections));
    }

    [Fact]
    public void TryJoin_LineIsFull_IsRefusedUnlessAPlaceIsFree()
    {
        var a = Destination(0, most: 1);
        Assert.True(_line.TryJoin([a], 0)!.Place.IsCompleted);
        Assert.NotNull(_line.TryJoin([a], 1));
        Assert.Null(_line.TryJoin([a], 1));
        Assert.Equal(1, _line.Count);
    }

    [Fact]
    public void TryLeave_BeforeAndAfterAPlace_SaysWhetherThereIsOne()
    {
        var a = Destination(0, most: 1);
        a.Load.TryEnter(new Choice(0));
        var (gone, served) = (_line.TryJoin([a], 2)!, _line.TryJoin([a], 2)!);

        Assert.True(_line.TryLeave(gone));
        Leave(a);
        Assert.False(_line.TryLeave(served));
        // Ended, so that no timer keeps it.
        Assert.Equal((0, true), (_line.Count, gone.Place.IsCanceled));
    }

    [Fact]
    public void ServeAll_MaximumWasRaised_ServesAsManyAsThereArePlaces()
    {
        var a = Destination(0, most: 1);
        a.Load.TryEnter(new Choice(0));
        Waiter[] waiters = [.. Enumerable.Range(0, 4).Select(_ => _line.TryJoin([a], 9)!)];

        a.Load.Most = 3;
        _line.ServeAll(a.Load);

        Assert.Equal([true, true, false, false], waiters.Select(static waiter => waiter.Place.IsCompleted));
        Assert.Equal((2, 3), (_line.Count, a.Load.Connections));
    }

    [Fact]
    public void TryEnter_MaximumWasLowered_TakesNobodyUntilEnoughHaveLeft()
    {
        var a = Destination(0, most: 3);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(Entry.Entered, a.Load.TryEnter(new Choice(0))));
        a.Load.Most = 2;

        Leave(a);
        Assert.Equal((Entry.Full, Entry.Full), (a.Load.TryEnter(new Choice(0)), a.Load.TryEnter(new Choice(0, Seen: 2))));
        Leave(a);
        Assert.Equal(Entry.Entered, a.Load.TryEnter(new Choice(0, Seen: 1)));
    }

    // Each of 16 tasks takes a place, waits for one, or gives up, and leaves again: 32,000 times.
    [Fact]
    public async Task ManyAtTheSameTime_NeverMoreThanTheMaximumAndNobodyIsLost()
    {
        Share[] shares = [Destination(0, most: 2), Destination(1, most: 3)];
        var (inside, most, waited, running) = (new int[2], new int[2], 0, 16);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(task => Task.Run(async () =>
        {
            var random = new Random(task);
            for (var i = 0; i < 2000; i++)
            {
                var share = shares[random.Next(2)];
                if (_line.Count > 0 || share.Load.TryEnter(new Choice(share.Number)) != Entry.Entered)
                {
                    var waiter = _line.TryJoin(random.Next(2) == 0 ? shares : [share], 100)!;
                    if (random.Next(4) == 0 && _line.TryLeave(waiter))
                    {
                        continue;
                    }

                    Interlocked.Increment(ref waited);
                    share = await waiter.Place.WaitAsync(Eventually.DefaultTimeout);
                }

                Raise(ref most[share.Number], Interlocked.Increment(ref inside[share.Number]));
                // A place is kept until others wait for it. Of nine tasks at least, five have places, and the others end up in the line.
                while (_line.Count < 3 && Volatile.Read(ref running) > 8)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref inside[share.Number]);
                Leave(share);
            }

            Interlocked.Decrement(ref running);
        })));

        Assert.InRange(most[0], 1, 2);
        Assert.InRange(most[1], 1, 3);
        Assert.Equal((0, 0, 0), (_line.Count, shares[0].Load.Connections, shares[1].Load.Connections));
        Assert.True(waited > 100, $"Only {waited} waited.");
    }

    private static Share Destination(int number, int most) => new(number, $"d{number}", 1, new Load { Most = most });

    private static void Raise(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); seen < now; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }

    private void Leave(Share share)
    {
        share.Load.Leave();
        _line.Serve(share.Load);
    }
}
