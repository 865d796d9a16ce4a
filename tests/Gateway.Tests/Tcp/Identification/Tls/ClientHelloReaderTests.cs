using Gateway.Tcp.Identification.Tls;
using Gateway.Tests.ProxyProtocol;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>The records: what is a hello, where it ends, and what is refused before its end.</summary>
public sealed class ClientHelloReaderTests
{
    private static readonly byte[] Plain = Hellos.Plain;

    [Fact]
    public void Inspect_OneRecord_SaysNameProtocolsAndVersion()
    {
        var reader = new ClientHelloReader(HelloResult.MaxBytes);

        Assert.Equal(ClientHelloStatus.Complete, reader.Inspect(new(Plain)));
        Assert.Equal("db.example.com", reader.Hello!.ServerName);
        Assert.Equal(["h2", "http/1.1"], reader.Hello.Alpn);
        Assert.Equal(0x0303, reader.Hello.Version);
        Assert.Null(reader.Error);
    }

    [Fact]
    public void Inspect_EachByteAlone_NeedsMoreUpToTheLast()
    {
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        for (var length = 0; length < Plain.Length; length++)
        {
            Assert.Equal(ClientHelloStatus.More, reader.Inspect(new(Plain, 0, length)));
            Assert.Null(reader.Hello);
        }

        Assert.Equal(ClientHelloStatus.Complete, reader.Inspect(new(Plain)));
        Assert.Same(reader.Hello, Again(reader).Hello);
    }

    [Fact]
    public void Inspect_RecordsOfOneByte_IsReassembled() =>
        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(Hellos.InRecords(Plain, [.. Enumerable.Range(1, Plain.Length - 6)])));

    [Fact]
    public void Inspect_SegmentsOfOneByte_IsReassembled() =>
        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(Segments.ByteByByte(Plain)));

    [Fact]
    public void Inspect_EmptyRecordsBetween_AreSkipped()
    {
        byte[] empty = [.. Hellos.Record([]), .. Hellos.Record([])];

        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of([.. empty, .. Plain]));
        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(Hellos.InRecords(Plain, 0, 2, 2, 60, 60, 60)));
    }

    [Fact]
    public void Inspect_BytesBehindTheHello_AreLeftAlone()
    {
        byte[] other = [.. Hellos.Joined(Plain), 99, 0, 0, 1, 7];

        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of([.. Plain, 0xff, 0xff, 1, 2, 3]));
        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(Hellos.Record(other)));
    }

    [Theory]
    [InlineData("47455420")] // GET
    [InlineData("00")]
    [InlineData("1602")]
    [InlineData("1604")]
    [InlineData("802e0100020015000000100100800200800300800600400700c0")] // SSL 2
    [InlineData("1503010002010a")] // an alert
    [InlineData("0d0a0d0a000d0a515549540a")]
    public void Inspect_SomethingElse_IsNotTlsAtItsFirstWrongByte(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var length = bytes[0] == 0x16 ? 2 : 1;

        Assert.Equal(ClientHelloStatus.NotTls, HelloResult.Of(bytes).Status);
        Assert.Equal(ClientHelloStatus.NotTls, HelloResult.Of(bytes[..length]).Status);
        Assert.Null(HelloResult.Of(bytes).Error);
    }

    [Theory]
    [InlineData(0x0300)]
    [InlineData(0x0301)]
    [InlineData(0x0302)]
    [InlineData(0x0303)]
    [InlineData(0x0304)]
    public void Inspect_RecordVersion_IsTaken(ushort version) =>
        Assert.Equal(HelloResult.Of(Plain), HelloResult.Of(Hellos.Record(Hellos.Joined(Plain), version: version)));

    [Theory]
    [InlineData("160305", "record_version")]
    [InlineData("1603ff", "record_version")]
    [InlineData("1603014001", "record_length")]
    [InlineData("160301ffff", "record_length")]
    [InlineData("160301000402", "not_client_hello")]
    [InlineData("160301000400000000", "not_client_hello")]
    [InlineData("160301000401000000", "legacy_version")]
    [InlineData("160301000101 15", "record_type")]
    [InlineData("160301000101 1602", "record_version")]
    [InlineData("160301000101 14030100 0101", "record_type")]
    [InlineData("1603010000 1503010000", "record_type")]
    [InlineData("160301000101 1603014001", "record_length")]
    public void Inspect_BrokenRecords_SayWhy(string hex, string error)
    {
        var bytes = HexText.Bytes(hex);

        Assert.Equal((ClientHelloStatus.Broken, error), (HelloResult.Of(bytes).Status, HelloResult.Of(bytes).Error));
        Assert.Equal(HelloResult.Of(bytes), HelloResult.ByteByByte(bytes));
    }

    [Fact]
    public void Inspect_AfterTheEnd_SaysTheSame()
    {
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        reader.Inspect(new([0x16, 0x03, 0x09]));

        Assert.Equal(ClientHelloStatus.Broken, reader.Inspect(new(Plain)));
        Assert.Null(reader.Hello);
    }

    private static ClientHelloReader Again(ClientHelloReader reader)
    {
        Assert.Equal(ClientHelloStatus.Complete, reader.Inspect(new([.. Plain, 1])));
        return reader;
    }
}
