using Gateway.Tcp.Identification.Tls;
using Gateway.Tests.ProxyProtocol;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>The message: what its fields and extensions say, and what makes it broken.</summary>
public sealed class ClientHelloParserTests
{
    [Theory]
    [InlineData(0x0300)]
    [InlineData(0x0301)]
    [InlineData(0x0303)]
    [InlineData(0x03ff)]
    public void Parse_NoExtensions_IsAHelloWithoutName(ushort version) =>
        Assert.Equal(new HelloResult(ClientHelloStatus.Complete, null, null, "", version), Parse(Hellos.BodyWithout(version)));

    [Fact]
    public void Parse_EmptyExtensions_IsAHelloWithoutName() => Assert.Equal(ClientHelloStatus.Complete, Parse(Hellos.Body()).Status);

    [Fact]
    public void Parse_Grease_IsLeftOutEverywhere()
    {
        var body = Hellos.Body(
            Hellos.Extension(0x0a0a, []),
            Hellos.Versions(0xfafa, 0x0303, 0x0304, 0x7f1c),
            Hellos.Alpn("\x0a\x0a", "h2", "\x1a\x1a", "\xfa\xfa", "\x0a\x1a", "\x0a"),
            Hellos.Extension(0, Hellos.ServerNames(Hellos.HostName("db"))),
            Hellos.Extension(0x0a0a, [0]),
            Hellos.Extension(0xfafa, [0]));

        Assert.Equal(new HelloResult(ClientHelloStatus.Complete, null, "db", "h2,\x0a\x1a,\x0a", 0x0304), Parse(body));
    }

    [Theory]
    [InlineData("0304", 0x0304)]
    [InlineData("0303,0304,0302", 0x0304)]
    [InlineData("0302,0301", 0x0302)] // below the version of the message itself, which is for servers that know no such extension
    public void Parse_SupportedVersions_HighestCounts(string versions, int expected)
    {
        var numbers = versions.Split(',').Select(static v => Convert.ToUInt16(v, 16)).ToArray();

        Assert.Equal(expected, Parse(Hellos.Body(Hellos.Versions(numbers))).Version);
    }

    [Fact]
    public void Parse_VersionsAllUnknown_CountsTheMessageItself() =>
        Assert.Equal(0x0303, Parse(Hellos.Body(Hellos.Versions(0x1a1a, 0x7f1c))).Version);

    [Theory]
    [InlineData("DB.Example.com.", "db.example.com")]
    [InlineData("xn--mnchen-3ya.example", "xn--mnchen-3ya.example")]
    [InlineData("_db.example.com", "_db.example.com")]
    [InlineData("10.0.0.1", null)]
    [InlineData("2001:db8::1", null)]
    [InlineData("[::1]", null)]
    [InlineData("m\u00fcnchen.example", null)]
    [InlineData("*.example.com", null)]
    [InlineData("a b", null)]
    [InlineData("a\0b", null)]
    [InlineData("..", null)]
    [InlineData(".", null)]
    [InlineData("a..b", null)]
    public void Parse_ServerName_IsFoldedOrNone(string sent, string? expected)
    {
        var result = Parse(Hellos.Body(Hellos.Extension(0, Hellos.ServerNames(Hellos.HostName(sent)))));

        Assert.Equal(new HelloResult(ClientHelloStatus.Complete, null, expected, "", 0x0303), result);
    }

    [Fact]
    public void Parse_ServerNameOfAnyLength_IsReadUpTo253()
    {
        var name = string.Join('.', Enumerable.Repeat(new string('a', 63), 3)) + "." + new string('b', 61);

        Assert.Equal(name, ParseName(name + ".").ServerName);
        Assert.Null(ParseName(name + "b").ServerName);
        Assert.Null(ParseName(new string('a', 64) + ".example").ServerName);
        Assert.Null(ParseName(new string('a', 60_000)).ServerName);
    }

    [Fact]
    public void Parse_UnknownNameTypeFirst_IsSkippedToTheHostName()
    {
        var names = Hellos.ServerNames(Hellos.HostName("other", type: 7), Hellos.HostName("db"), Hellos.HostName("", type: 9));

        Assert.Equal("db", Parse(Hellos.Body(Hellos.Extension(0, names))).ServerName);
        Assert.Null(Parse(Hellos.Body(Hellos.Extension(0, Hellos.ServerNames(Hellos.HostName("other", type: 7))))).ServerName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0000")]
    [InlineData("0003 00 0000")] // a host name of no bytes
    [InlineData("0004 00 0001 61 61")]
    [InlineData("0005 00 0001 61")]
    [InlineData("0004 00 0002 61")]
    [InlineData("0001 00")]
    [InlineData("0008 00 0001 61 00 0001 62")] // two host names
    public void Parse_BrokenServerName_SaysSo(string hex) => AssertBroken("server_name", Hellos.Extension(0, HexText.Bytes(hex)));

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0000")]
    [InlineData("0001 00")] // a protocol of no bytes
    [InlineData("0003 02 6832 00")]
    [InlineData("0004 02 6832 00")]
    [InlineData("0003 03 6832")]
    [InlineData("0004 02 6832")]
    public void Parse_BrokenAlpn_SaysSo(string hex) => AssertBroken("alpn", Hellos.Extension(16, HexText.Bytes(hex)));

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("01 03")]
    [InlineData("03 0304 03")]
    [InlineData("02 0304 03")]
    [InlineData("04 0304")]
    public void Parse_BrokenSupportedVersions_SaysSo(string hex) =>
        AssertBroken("supported_versions", Hellos.Extension(43, HexText.Bytes(hex)));

    [Theory]
    [InlineData("00", "extensions")]
    [InlineData("0001", "extensions")]
    [InlineData("0000 00", "extensions")]
    [InlineData("0004 0a0a 0000 00", "extensions")]
    [InlineData("0001 00", "extension")]
    [InlineData("0003 0a0a 00", "extension")]
    [InlineData("0004 0a0a 0001", "extension")]
    [InlineData("0008 002a0000 0000ffff", "extension")]
    public void Parse_BrokenExtensions_SaysSo(string hex, string error) =>
        Assert.Equal(Broken(error), Parse([.. Hellos.BodyWithout(), .. HexText.Bytes(hex)]));

    [Fact]
    public void Parse_ExtensionTwice_IsBrokenIfItIsRead()
    {
        var name = Hellos.Extension(0, Hellos.ServerNames(Hellos.HostName("db")));
        AssertBroken("duplicate_extension", name, Hellos.Extension(10, []), name);
        AssertBroken("duplicate_extension", Hellos.Alpn("h2"), Hellos.Alpn("h2"));
        AssertBroken("duplicate_extension", Hellos.Versions(0x0304), Hellos.Versions(0x0304));
        Assert.Equal(ClientHelloStatus.Complete, Parse(Hellos.Body(Hellos.Extension(10, []), Hellos.Extension(10, []))).Status);
    }

    [Fact]
    public void Parse_BrokenFields_SayWhich()
    {
        Assert.Equal(Broken("legacy_version"), Parse([]));
        Assert.Equal(Broken("legacy_version"), Parse([3]));
        Assert.Equal(Broken("legacy_version"), Parse(Hellos.BodyWithout(version: 0x0203)));
        Assert.Equal(Broken("legacy_version"), Parse(Hellos.BodyWithout(version: 0xfefd)));
        Assert.Equal(Broken("random"), Parse(Hellos.BodyWithout()[..33]));
        Assert.Equal(Broken("session_id"), Parse(Hellos.BodyWithout()[..34]));
        Assert.Equal(Broken("session_id"), Parse(Hellos.BodyWithout()[..60]));
        Assert.Equal(Broken("session_id"), Parse(Hellos.BodyWithout(sessionIdLength: 33)));
        Assert.Equal(Broken("cipher_suites"), Parse(Hellos.BodyWithout()[..^3]));
        Assert.Equal(Broken("cipher_suites"), Parse(Hellos.BodyWithout(cipherBytes: 0)));
        Assert.Equal(Broken("cipher_suites"), Parse(Hellos.BodyWithout(cipherBytes: 3)));
        Assert.Equal(Broken("compression_methods"), Parse(Hellos.BodyWithout()[..^2]));
        Assert.Equal(Broken("compression_methods"), Parse(Hellos.BodyWithout()[..^1]));
        Assert.Equal(Broken("compression_methods"), Parse(Hellos.BodyWithout(compressionBytes: 0)));
        Assert.Equal(ClientHelloStatus.Complete, Parse(Hellos.BodyWithout(sessionIdLength: 0, compressionBytes: 255)).Status);
    }

    [Fact]
    public void Parse_ThousandsOfProtocols_KeepsTheFirst64()
    {
        var names = Enumerable.Range(0, 5000).Select(static n => $"p{n}").ToArray();

        Assert.Equal(string.Join(',', names[..64]), Parse(Hellos.Body(Hellos.Alpn(names))).Alpn);
    }

    private static HelloResult Parse(byte[] body)
    {
        // Records take 16384 bytes at the most.
        var message = Hellos.Message(body);
        return HelloResult.Of([.. message.Chunk(16384).SelectMany(static part => Hellos.Record(part))]);
    }

    private static HelloResult ParseName(string name) => Parse(Hellos.Body(Hellos.Extension(0, Hellos.ServerNames(Hellos.HostName(name)))));

    private static HelloResult Broken(string error) => new(ClientHelloStatus.Broken, error, null, "", 0);

    private static void AssertBroken(string error, params byte[][] extensions) =>
        Assert.Equal(Broken(error), Parse(Hellos.Body([Hellos.Extension(0x2a2a, [1]), .. extensions])));
}
