using System.Net;
using Gateway.Tcp.Identification.Toa;

namespace Gateway.Tests.Tcp.Identification.Toa;

/// <summary>TCP options as bytes: what is one, what names whom, and that no bytes do harm.</summary>
public sealed class ToaFormatsTests
{
    private static readonly ToaFormats All = new(["254/8", "253/20", "254/20", "200/8", "201/20", "28/7"]);

    [Theory]
    [InlineData("254/8", true)]
    [InlineData("253/20", true)]
    [InlineData("9/7", true)]
    [InlineData("28/7", true)]
    [InlineData("254/9", false)]
    [InlineData("254/0", false)]
    [InlineData("256/8", false)]
    [InlineData("255/8", false)]
    [InlineData("254", false)]
    [InlineData("/8", false)]
    [InlineData("254/", false)]
    [InlineData("-2/8", false)]
    [InlineData("254/+8", false)]
    [InlineData(" 254/8", false)]
    [InlineData("254/8/8", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void TryParse_Text_IsOneOrNone(string? text, bool expected) => Assert.Equal(expected, ToaFormat.TryParse(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(19)]
    [InlineData(29)]
    [InlineData(30)]
    [InlineData(34)]
    public void TryParse_KindOfTheKernel_IsNone(int kind) => Assert.False(ToaFormat.TryParse($"{kind}/8", out _));

    // The first line is a SYN of Linux, the others are what LVS, DPVS and load balancers of clouds send.
    [Theory]
    [InlineData("020405B4 0402 080A4AE5586F00000000 01 03030A FE081234CB00714D", "203.0.113.77:4660")]
    [InlineData("0101080A4AE5586F4AE5586F FE08D431C0000205", "192.0.2.5:54321")]
    [InlineData("0101080A4AE5586F4AE5586F FD14123420010DB8007700000000000000001234", "[2001:db8:77::1234]:4660")]
    [InlineData("FE14123420010DB8007700000000000000001234", "[2001:db8:77::1234]:4660")]
    [InlineData("C8081234CB00714D", "203.0.113.77:4660")]
    [InlineData("C914123420010DB8007700000000000000001234", "[2001:db8:77::1234]:4660")]
    [InlineData("1C0701CB00714D01", "203.0.113.77:0")]
    [InlineData("FE080000CB00714D FE081234CB00714E", "203.0.113.77:0")]
    [InlineData("FE04F98900000000FE081234CB00714D", null)]
    [InlineData("FE04F989 0101 FE081234CB00714D", "203.0.113.77:4660")]
    public void TryFind_Options_NameTheClient(string hex, string? expected) => Assert.Equal(expected, Find(All, Bytes(hex)));

    [Theory]
    [InlineData("")]
    [InlineData("00FE081234CB00714D")] // Behind the end of options.
    [InlineData("FE")]
    [InlineData("FE00FE081234CB00714D")] // A length of nothing would be an endless loop.
    [InlineData("FE01FE081234CB00714D")]
    [InlineData("FE081234CB0071")] // One byte short.
    [InlineData("FE091234CB00714D00")] // Of another length.
    [InlineData("FE061234CB00")]
    [InlineData("FC081234CB00714D")] // Of another kind.
    [InlineData("1C0702CB00714D01")] // Of another version.
    [InlineData("03FFFE081234CB00714D")] // Another option runs over the end.
    public void TryFind_NoneOrMalformed_IsNone(string hex) => Assert.Null(Find(All, Bytes(hex)));

    [Fact]
    public void TryFind_KindNotConfigured_IsNotLookedAt()
    {
        var only = new ToaFormats(["254/8"]);

        Assert.Null(Find(only, Bytes("FE14123420010DB8007700000000000000001234")));
        Assert.Null(Find(only, Bytes("C8081234CB00714D")));
        Assert.Null(Find(ToaFormats.None, Bytes("FE081234CB00714D")));
    }

    [Fact]
    public void TryFind_EveryTruncation_IsNoneUntilItIsWhole()
    {
        var whole = Bytes("0101080A4AE5586F4AE5586FFD14123420010DB8007700000000000000001234");

        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Null(Find(All, whole.AsSpan(0, length)));
        }

        Assert.NotNull(Find(All, whole));
    }

    [Fact]
    public void TryFind_RandomBytes_NeitherThrowNorAllocate()
    {
        var random = new Random(20261123);
        var bytes = new byte[40];
        _ = All.TryFind(bytes, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100_000; round++)
        {
            random.NextBytes(bytes);
            // Every second round with kinds that are looked for, and lengths that nearly fit.
            if (round % 2 == 0)
            {
                (bytes[0], bytes[1]) = ((byte)random.Next(253, 255), (byte)random.Next(0, 44));
            }

            _ = All.TryFind(bytes.AsSpan(0, random.Next(0, 41)), out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("254/8", "203.0.113.77:4660", "FE081234CB00714D")]
    [InlineData("200/8", "203.0.113.77:0", "C8080000CB00714D")]
    [InlineData("28/7", "203.0.113.77:4660", "1C0701CB00714D")]
    [InlineData("253/20", "[2001:db8:77::1234]:4660", "FD14123420010DB8007700000000000000001234")]
    [InlineData("253/20", "203.0.113.77:4660", null)]
    [InlineData("254/8", "[2001:db8::1]:1", null)]
    public void Write_Client_IsItsOption(string format, string client, string? expected)
    {
        var formats = new ToaFormats([format]);

        var option = formats.Write(IPEndPoint.Parse(client));

        Assert.Equal(expected, option is null ? null : Convert.ToHexString(option));
        if (option is not null && !format.EndsWith("/7", StringComparison.Ordinal))
        {
            Assert.Equal(client, Find(formats, option));
        }
    }

    [Fact]
    public void Constructor_TextNotValidated_SaysWhy() =>
        Assert.Contains("KIND/LENGTH", Assert.Throws<FormatException>(() => new ToaFormats(["254/9"])).Message, StringComparison.Ordinal);

    private static string? Find(ToaFormats formats, ReadOnlySpan<byte> options) => formats.TryFind(options, out var client) ? client.ToString() : null;

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
