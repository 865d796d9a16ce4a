using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Gateway.Observability.Logs;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Observability.Logs;

/// <summary>Whoever logs goes on at once, whatever standard output does, and what is lost is counted.</summary>
public sealed class LineWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly BlockingCollection<string> _written = [];
    private readonly LogMetrics _metrics;

    public LineWriterTests() => _metrics = new LogMetrics(_services.GetRequiredService<IMeterFactory>());

    public void Dispose()
    {
        _services.Dispose();
        _written.Dispose();
    }

    [Fact]
    public void Write_SinkTakesIt_LinesComeInOrderAndNoneIsCounted()
    {
        using (var lines = Create(Take))
        {
            for (var i = 0; i < 1000; i++)
            {
                lines.Write($"{i}\n");
            }
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}\n"), _written);
        Assert.Equal(0, _metrics.Dropped);
    }

    [Fact]
    public void Write_OneWriteFails_IsCountedSaidAndTheNextIsWrittenByTheSameThread()
    {
        var threads = new ConcurrentBag<int>();
        var calls = 0;
        using var lines = Create((isError, bytes) =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            return ++calls == 1 ? 0 : Take(isError, bytes);
        });

        lines.Write("lost\n");
        lines.Write("kept\n");

        Assert.Equal("1 lost\n", Next());
        Assert.Equal("kept\n", Next());
        Assert.Equal(1, _metrics.Dropped);
        Assert.Equal([false, false, false], threads.Select(thread => thread == Environment.CurrentManagedThreadId));
    }

    [Fact]
    public void Write_HalfALineWasWritten_NextBeginsALineOfItsOwn()
    {
        var calls = 0;
        using var lines = Create((isError, bytes) => ++calls == 1 ? bytes.Length / 2 : Take(isError, bytes));

        lines.Write("half\n");
        lines.Write("whole\n");

        Assert.Equal("\n1 lost\n", Next());
        Assert.Equal("whole\n", Next());
    }

    [Fact]
    public void Write_ReaderStalls_ReturnsAtOnceAndCountsWhatDidNotFit()
    {
        using var stalled = new ManualResetEventSlim();
        using var isInside = new ManualResetEventSlim();
        using var lines = Create((isError, bytes) =>
        {
            isInside.Set();
            stalled.Wait(Patience);
            return Take(isError, bytes);
        });
        lines.Write("first\n");
        Assert.True(isInside.Wait(Patience, TestContext.Current.CancellationToken));

        for (var i = 0; i < LineWriter.MaxLines + 100; i++)
        {
            lines.Write($"{i}\n");
        }

        Assert.Equal(100, _metrics.Dropped);
        stalled.Set();
        Assert.Equal("first\n", Next());
        Assert.Equal("100 lost\n", Next());
        Assert.Equal("0\n", Next());
    }

    [Fact]
    public void Write_ReaderStalls_LongLinesAreBoundedByTheirCharacters()
    {
        using var stalled = new ManualResetEventSlim();
        using var lines = Create((isError, bytes) =>
        {
            stalled.Wait(Patience);
            return bytes.Length;
        });
        var line = new string('x', 64 * 1024);

        for (var i = 0; i < 1000; i++)
        {
            lines.Write(line);
        }

        Assert.InRange(_metrics.Dropped, 1000 - LineWriter.MaxCharacters / line.Length - 1, 999);
        stalled.Set();
    }

    [Fact]
    public void Dispose_ReaderStalls_GivesUpAndLaterLinesAreCounted()
    {
        using var stalled = new ManualResetEventSlim();
        var lines = Create((isError, bytes) =>
        {
            stalled.Wait(Patience);
            return bytes.Length;
        });
        lines.Write("never\n");

        lines.Dispose();
        lines.Write("late\n");

        Assert.Equal(1, _metrics.Dropped);
        stalled.Set();
    }

    private LineWriter Create(LineSink sink) => new(sink, _metrics, count => $"{count} lost\n");

    private int Take(bool isError, ReadOnlySpan<byte> bytes)
    {
        _written.Add(Encoding.UTF8.GetString(bytes));
        return bytes.Length;
    }

    private string Next() => _written.TryTake(out var text, Patience) ? text : throw new TimeoutException();
}
