using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Tcp.Engines.Linux;

/// <summary>SYNs as Linux saved them, and what must not be taken for one.</summary>
public sealed class SynHeadersTests
{
    private const string Options = "0204FFD70402080AF99FA6EA000000000103030AFE081234CB00714D";

    // IPv4 header of 20 bytes; TCP header with data offset 12 (48 bytes).
    private const string V4 = "450000449B8A40004006A1277F0000017F000001" + "9CC8D0D3C32EFDAD00000000C002FFD7FE380000" + Options;

    private const string V6 = "60028CB000300640" + "00000000000000000000000000000001" + "00000000000000000000000000000001" + "9998A1D57C9892B000000000C002FFC400380000" + Options;

    [Theory]
    [InlineData(V4)]
    [InlineData(V6)]
    public void OptionsOf_SavedSyn_AreTheOptions(string hex) => Assert.Equal(Options, Convert.ToHexString(SynHeaders.OptionsOf(Convert.FromHexString(hex))));

    [Fact]
    public void OptionsOf_Ipv4WithOptions_AreBehindThem()
    {
        var headers = Convert.FromHexString("46" + V4[2..40] + "94040000" + V4[40..]);

        Assert.Equal(Options, Convert.ToHexString(SynHeaders.OptionsOf(headers)));
    }

    [Theory]
    [InlineData("00")]
    [InlineData("2B")]
    [InlineData("3C")]
    public void OptionsOf_Ipv6WithExtension_AreBehindIt(string kind)
    {
        var headers = Convert.FromHexString(V6[..12] + kind + V6[14..80] + "0600010400000000" + V6[80..]);

        Assert.Equal(Options, Convert.ToHexString(SynHeaders.OptionsOf(headers)));
    }

    [Theory]
    [InlineData(V4)]
    [InlineData(V6)]
    public void OptionsOf_EveryTruncation_IsNone(string hex)
    {
        var whole = Convert.FromHexString(hex);

        for (var length = 0; length < whole.Length; length++)
        {
            Assert.True(SynHeaders.OptionsOf(whole.AsSpan(0, length)).IsEmpty);
        }
    }

    [Theory]
    [InlineData("F50000449B8A40004006A1277F0000017F000001")] // Version 15.
    [InlineData("410000449B8A40004006A1277F0000017F000001")] // A header of 4 bytes.
    [InlineData("4F0000449B8A40004006A1277F0000017F000001")] // A header of 60 bytes that are not there.
    [InlineData("450000449B8A40004011A1277F0000017F000001")] // UDP.
    public void OptionsOf_OtherHeaders_AreNone(string ip) =>
        Assert.True(SynHeaders.OptionsOf(Convert.FromHexString(ip + "9CC8D0D3C32EFDAD000000005002FFD7FE380000")).IsEmpty);

    [Fact]
    public void OptionsOf_RandomBytes_DoNotThrow()
    {
        var random = new Random(20261123);
        var bytes = new byte[SynHeaders.MaxBytes];
        for (var round = 0; round < 50_000; round++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)(((round & 1) == 0 ? 0x40 : 0x60) | (bytes[0] & 0xF));
            bytes[6] = (byte)(round % 3 == 0 ? 0 : 6);
            bytes[9] = 6;

            Assert.InRange(SynHeaders.OptionsOf(bytes.AsSpan(0, random.Next(0, bytes.Length))).Length, 0, 40);
        }
    }
}
