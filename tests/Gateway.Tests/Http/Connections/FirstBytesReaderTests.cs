using System.IO.Pipelines;
using System.Text;
using Gateway.Http.Connections;
using Gateway.Tcp.Identification;

namespace Gateway.Tests.Http.Connections;

public sealed class FirstBytesReaderTests
{
    private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));
    private readonly FirstBytesReader _reader;
    private int _headers;
    private int _heard;

    public FirstBytesReaderTests() =>
        _reader = new FirstBytesReader(new Duplex(_pipe), new FirstBytesGuard(), () => _heard++, () => _headers++);

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\nGET /")]
    [InlineData("PROX|Y TCP4")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021")]
    [InlineData("\r|\n\r\n\0\r\nQUIT|\n")]
    public async Task ReadAsync_HeaderInAnyPieces_IsTheEndOfTheConnection(string pieces)
    {
        var read = await ReadAsync(pieces);
        Assert.Equal(1, _headers);
        Assert.True(read.IsCompleted);
        Assert.True(read.Buffer.IsEmpty);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("P|UT / HTTP/1.1")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\r\n\r\n\0|\r\nQUIT, not")]
    [InlineData("PROX")]
    public async Task ReadAsync_Anything_ElseComesAsItIs(string pieces)
    {
        var read = await ReadAsync(pieces);
        Assert.Equal(0, _headers);
        Assert.Equal(pieces.Replace("|", "", StringComparison.Ordinal), Encoding.Latin1.GetString(read.Buffer));
    }

    [Fact]
    public async Task ReadAsync_HeaderBehindARequest_IsHttpsBusiness()
    {
        var first = await ReadAsync("GET / ");
        _reader.AdvanceTo(first.Buffer.End);
        Assert.False((await ReadAsync("PROXY TCP4 ")).Buffer.IsEmpty);
        Assert.Equal(0, _headers);
    }

    /// <summary>A server that takes empty lines off the beginning does not hide a signature that begins with them.</summary>
    [Fact]
    public async Task ReadAsync_BeginningOfAHeaderIsConsumed_RestIsStillSeenAsOne()
    {
        var first = await ReadAsync("\r\n");
        _reader.AdvanceTo(first.Buffer.End);
        Assert.True((await ReadAsync("\r\n\0\r\nQUIT\n\u0021")).IsCompleted);
        Assert.Equal(1, _headers);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public async Task ReadAsync_SeveralReads_TheFirstOrEachIsHeard(bool each, int heard)
    {
        var reader = new FirstBytesReader(new Duplex(_pipe), guard: null, () => _heard++, () => _headers++, each);
        for (var i = 0; i < 3; i++)
        {
            await _pipe.Writer.WriteAsync("x"u8.ToArray());
            reader.AdvanceTo((await reader.ReadAsync()).Buffer.End);
        }

        Assert.Equal(heard, _heard);
    }

    [Fact]
    public async Task ReadAsync_EndWithoutAByte_IsTheEnd()
    {
        await _pipe.Writer.CompleteAsync();
        var first = await _reader.ReadAsync();
        Assert.True(first.IsCompleted);
        _reader.AdvanceTo(first.Buffer.End);
        Assert.True(_reader.TryRead(out var read) && read.IsCompleted);
        Assert.Equal(0, _headers);
    }

    private async Task<ReadResult> ReadAsync(string pieces)
    {
        var read = default(ReadResult);
        var first = true;
        foreach (var piece in pieces.Split('|'))
        {
            if (!first)
            {
                _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
            first = false;
            await _pipe.Writer.WriteAsync(Encoding.Latin1.GetBytes(piece));
            read = await _reader.ReadAsync();
        }
        return read;
    }

    private sealed class Duplex(Pipe pipe) : IDuplexPipe
    {
        public PipeReader Input => pipe.Reader;

        public PipeWriter Output => pipe.Writer;
    }
}
