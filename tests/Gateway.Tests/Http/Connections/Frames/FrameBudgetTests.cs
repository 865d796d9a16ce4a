using System.Buffers;
using Gateway.Http.Connections.Frames;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Http.Connections.Frames;

/// <summary>Frames that carry nothing are few, whatever their kind and however they are cut into pieces.</summary>
public sealed class FrameBudgetTests
{
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8];

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string, byte, byte, int> Empty => new()
    {
        { "empty DATA", 0, 0, 0 },
        { "padded DATA without data", 0, 8, 1 },
        { "PRIORITY", 2, 0, 5 },
        { "RST_STREAM", 3, 0, 4 },
        { "SETTINGS", 4, 0, 0 },
        { "SETTINGS with one", 4, 0, 6 },
        { "acknowledged SETTINGS", 4, 1, 0 },
        { "PING", 6, 0, 8 },
        { "acknowledged PING", 6, 1, 8 },
        { "WINDOW_UPDATE", 8, 0, 4 },
        { "empty CONTINUATION", 9, 0, 0 },
        { "unknown", 0x42, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Empty))]
    public void TryTake_FramesWithoutContent_AreTakenUpToTheLimit(string what, byte type, byte flags, int length)
    {
        var budget = Start();

        Assert.True(budget.TryTake(Frames(FrameBudget.Most, type, flags, length)), what);
        Assert.False(budget.TryTake(Frames(1, type, flags, length)), what);
    }

    [Theory]
    [InlineData(1, 4, 3)]
    [InlineData(0, 0, 2)]
    [InlineData(0, 0, 16384)]
    [InlineData(0, 1, 0)]
    [InlineData(9, 0, 1)]
    public void TryTake_FramesWithContent_AreNotLimited(byte type, byte flags, int length) =>
        Assert.True(Start().TryTake(Frames(5 * FrameBudget.Most / (1 + (length / 100)), type, flags, length)));

    [Fact]
    public void TryTake_TimePasses_AllowsMoreButNeverAddsUp()
    {
        var budget = Start();
        Assert.True(budget.TryTake(Frames(FrameBudget.Most, 6, 0, 8)));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(budget.TryTake(Frames(100, 6, 0, 8)));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(budget.TryTake(Frames(FrameBudget.Most, 6, 0, 8)));
        Assert.False(budget.TryTake(Frames(1, 6, 0, 8)));
    }

    /// <summary>A download at full speed, whose client gives each 4 KiB back on the stream and on the connection.</summary>
    [Fact]
    public void TryTake_WindowsOfADownload_AreNotLimited()
    {
        var budget = Start();
        for (var i = 0; i < 200_000; i++)
        {
            budget.Sent(4096);
            Assert.True(budget.TryTake(Frames(2, 8, 0, 4)));
        }
    }

    [Fact]
    public void TryTake_BytesOneByOne_CountsTheSame()
    {
        var budget = new FrameBudget(_time);
        byte[] all = [.. Preface, .. Frames(FrameBudget.Most, 6, 0, 8).ToArray()];
        foreach (var piece in all)
        {
            Assert.True(budget.TryTake(new ReadOnlySequence<byte>([piece])));
        }

        Assert.False(budget.TryTake(Frames(1, 0, 0, 0)));
    }

    private FrameBudget Start()
    {
        var budget = new FrameBudget(_time);
        Assert.True(budget.TryTake(new ReadOnlySequence<byte>(Preface)));
        return budget;
    }

    private static ReadOnlySequence<byte> Frames(int count, byte type, byte flags, int length)
    {
        byte[] one = [(byte)(length >> 16), (byte)(length >> 8), (byte)length, type, flags, 0, 0, 0, 1, .. new byte[length]];
        return new ReadOnlySequence<byte>([.. Enumerable.Repeat(one, count).SelectMany(static frame => frame)]);
    }
}
