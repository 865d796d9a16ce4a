using System.Buffers;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tests.ProxyProtocol;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>The limit on a hello, and what an endless hello costs.</summary>
public sealed class ClientHelloLengthTests
{
    private static readonly byte[] Plain = Hellos.Plain;

    [Fact]
    public void Inspect_HelloOfTheLimit_IsTaken() => Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(Plain, Plain.Length));

    [Fact]
    public void Inspect_HelloOfOneMore_IsTooLongOnceItsLengthIsKnown()
    {
        Assert.Equal(ClientHelloStatus.TooLong, HelloResult.Of(Plain[..9], Plain.Length - 1).Status);
        Assert.Equal(ClientHelloStatus.More, HelloResult.Of(Plain[..8], Plain.Length - 1).Status);
    }

    [Fact]
    public void Inspect_HeadersOfSeveralRecords_AreCounted()
    {
        var hello = Hellos.InRecords(Plain, 50, 100);

        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(hello, hello.Length));
        Assert.Equal(ClientHelloStatus.TooLong, HelloResult.Of(hello, hello.Length - 1).Status);
    }

    [Fact]
    public void Inspect_HeadersOfRecordsToCome_AreCounted()
    {
        // 20,000 bytes of message need two records: 5 + 16384 + 5 + 3616.
        var start = HexText.Bytes("1603014000 01004e1c");

        Assert.Equal(ClientHelloStatus.TooLong, HelloResult.Of(start, 20_009).Status);
        Assert.Equal(ClientHelloStatus.More, HelloResult.Of(start, 20_010).Status);
    }

    [Theory]
    [InlineData("1603014000 01ffffff")]
    [InlineData("1603010004 01ffffff")]
    [InlineData("1603010001 01 1603010001 ff 1603010002 ffff")]
    public void Inspect_SixteenMegabytesAnnounced_IsTooLongAndAllocatesNothing(string hex)
    {
        var bytes = new ReadOnlySequence<byte>(HexText.Bytes(hex));
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        new ClientHelloReader(HelloResult.MaxBytes).Inspect(bytes);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var status = reader.Inspect(bytes);

        Assert.Equal((ClientHelloStatus.TooLong, 0), (status, GC.GetAllocatedBytesForCurrentThread() - before));
    }

    [Fact]
    public void Inspect_HelloThatNeverEnds_AllocatesNothingAndIsTooLongBeforeTheLimit()
    {
        // Of the 60,000 bytes that are announced, each record carries one: the headers use the limit up.
        byte[] start = [.. Hellos.Record([1]), .. Hellos.Record([0]), .. Hellos.Record([0xea]), .. Hellos.Record([0x60])];
        byte[] endless = [.. start, .. Enumerable.Repeat(Hellos.Record([0]), 12_000).SelectMany(static record => record)];
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        var (before, length, status) = (GC.GetAllocatedBytesForCurrentThread(), 0, ClientHelloStatus.More);
        while (status == ClientHelloStatus.More)
        {
            status = reader.Inspect(new ReadOnlySequence<byte>(endless, 0, ++length));
        }

        Assert.Equal((ClientHelloStatus.TooLong, 0), (status, GC.GetAllocatedBytesForCurrentThread() - before));
        Assert.InRange(length, 1, HelloResult.MaxBytes);
    }

    [Fact]
    public void Inspect_EmptyRecordsOnly_IsTooLongBeforeTheLimit()
    {
        byte[] endless = [.. Enumerable.Repeat(Hellos.Record([]), HelloResult.MaxBytes / 5).SelectMany(static record => record)];

        Assert.Equal(ClientHelloStatus.TooLong, HelloResult.Of(endless).Status);
        Assert.Equal(ClientHelloStatus.More, HelloResult.Of(endless[..^10]).Status);
    }

    [Fact]
    public void Inspect_Complete_AllocatesNoMoreThanWhatItSays()
    {
        var whole = new ReadOnlySequence<byte>(Plain);
        var segments = Segments.ByteByByte(Plain);

        Assert.Equal(Allocated(whole), Allocated(segments));
        Assert.InRange(Allocated(whole), 1, 1000);
    }

    // The least of several: a collection between two may empty the pool.
    private static long Allocated(ReadOnlySequence<byte> bytes) => Enumerable.Range(0, 5).Min(_ =>
    {
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        reader.Inspect(bytes);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });
}
