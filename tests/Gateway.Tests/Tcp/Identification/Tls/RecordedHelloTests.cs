using System.Buffers;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tests.ProxyProtocol;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>What real clients send, whole and cut everywhere.</summary>
public sealed class RecordedHelloTests
{
    private const string Browser = "h2,http/1.1";
    private const string TwentyOne = "postgresql,x-protocol-00,x-protocol-01,x-protocol-02,x-protocol-03,x-protocol-04,x-protocol-05,"
        + "x-protocol-06,x-protocol-07,x-protocol-08,x-protocol-09,x-protocol-10,x-protocol-11,x-protocol-12,x-protocol-13,x-protocol-14,"
        + "x-protocol-15,x-protocol-16,x-protocol-17,x-protocol-18,x-protocol-19";

    [Theory]
    [InlineData("chromium", "db.example.com", Browser, 0x0304)]
    [InlineData("curl", "db.example.com", Browser, 0x0304)]
    [InlineData("dotnet", "db.example.com", Browser, 0x0304)]
    [InlineData("gnutls", "db.example.com", Browser, 0x0304)]
    [InlineData("go", "db.example.com", Browser, 0x0304)]
    [InlineData("java", "db.example.com", Browser, 0x0304)]
    [InlineData("nss", "db.example.com", "", 0x0304)]
    [InlineData("openssl", "db.example.com", Browser, 0x0304)]
    [InlineData("openssl-tls10-no-name", null, "", 0x0301)]
    [InlineData("openssl-tls12", "db.example.com", "", 0x0303)]
    [InlineData("openssl-two-records", "db.example.com", TwentyOne, 0x0304)]
    public void Inspect_RecordedHello_SaysNameProtocolsAndVersion(string client, string? serverName, string alpn, int version) =>
        Assert.Equal(
            new HelloResult(ClientHelloStatus.Complete, null, serverName, alpn, version), HelloResult.Of(RecordedHellos.All[client]));

    [Fact]
    public void Recorded_Files_AreElevenAndOfEveryKind()
    {
        var twoRecords = RecordedHellos.All["openssl-two-records"];

        Assert.Equal(11, RecordedHellos.All.Count);
        Assert.InRange(RecordedHellos.All["chromium"].Length, 1461, 16384);
        Assert.Equal(2 * 5, twoRecords.Length - Hellos.Joined(twoRecords).Length);
    }

    [Theory]
    [MemberData(nameof(RecordedHellos.Names), MemberType = typeof(RecordedHellos))]
    public void Inspect_EveryLength_NeedsMoreUpToTheWhole(string client)
    {
        var bytes = RecordedHellos.All[client];
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        for (var length = 0; length < bytes.Length; length++)
        {
            // A new reader says the same as the reader that has seen all the lengths before.
            var received = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.Equal(ClientHelloStatus.More, reader.Inspect(received));
            Assert.Equal(ClientHelloStatus.More, HelloResult.Of(received).Status);
        }

        Assert.Equal(HelloResult.Of(bytes), HelloResult.Of(reader, reader.Inspect(new(bytes))));
    }

    [Theory]
    [MemberData(nameof(RecordedHellos.Names), MemberType = typeof(RecordedHellos))]
    public void Inspect_SegmentsCutAtEveryByte_SaysTheSame(string client)
    {
        var bytes = RecordedHellos.All[client];
        var whole = HelloResult.Of(bytes);
        for (var at = 0; at <= bytes.Length; at++)
        {
            Assert.Equal(whole, HelloResult.Of(Segments.Cut(bytes, at)));
            Assert.Equal(whole, HelloResult.Of(Segments.Cut(bytes, at, at, Math.Min(at + 3, bytes.Length))));
        }

        Assert.Equal(whole, HelloResult.Of(Segments.ByteByByte(bytes)));
    }

    [Theory]
    [MemberData(nameof(RecordedHellos.Names), MemberType = typeof(RecordedHellos))]
    public void Inspect_RecordsCutAtEveryByte_SaysTheSame(string client)
    {
        var bytes = RecordedHellos.All[client];
        var whole = HelloResult.Of(bytes);
        var length = Hellos.Joined(bytes).Length;
        for (var at = 0; at <= length; at++)
        {
            var cut = Hellos.InRecords(bytes, at);
            Assert.Equal(whole, HelloResult.Of(cut));
            Assert.Equal(whole, HelloResult.Of(Segments.Cut(cut, Math.Min(at + 5, cut.Length))));
        }

        var each = Hellos.InRecords(bytes, [.. Enumerable.Range(1, length - 1)]);
        Assert.Equal(whole, HelloResult.Of(each));
        Assert.Equal(whole, HelloResult.ByteByByte(each));
    }
}
