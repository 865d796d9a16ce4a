using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class AllocationTests
{
    private const int Rounds = 1000;

    public static TheoryData<string> Names() => GoldenHeaders.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_Header_AllocatesNothing(string name)
    {
        var bytes = GoldenHeaders.All[name];
        var segmented = Segments.Cut(bytes, 5, bytes.Length - 3);
        AssertNoAllocation(() =>
        {
            ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out var first);
            ProxyHeaderParser.Parse(segmented, ProxyParseOptions.Default, out var second);
            return first.Length + second.Length == 2 * bytes.Length;
        });
    }

    [Fact]
    public void Parse_Invalid_AllocatesNothing()
    {
        var bytes = "PROXY TCP4 1.2.3.4 5.6.7.8 080 1\r\n"u8.ToArray();
        AssertNoAllocation(() => ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out _).Status == ProxyParseStatus.Invalid);
    }

    [Fact]
    public void Write_Header_AllocatesNothing()
    {
        var destination = new byte[512];
        var source = ProxyEndPoint.FromIPv4(0x01020304, 5);
        var mapped = source.MapToIPv6();
        var tlvs = GoldenHeaders.V2AllTlvs.AsSpan(28).ToArray();
        var filtered = new byte[tlvs.Length];
        AssertNoAllocation(() =>
            ProxyHeaderWriter.WriteV1(destination, source, mapped) > 0
            && ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, source, source, tlvs, true) > 0
            && ProxyTlvSet.All.Copy(tlvs, filtered) > 0);
    }

    private static void AssertNoAllocation(Func<bool> action)
    {
        for (var round = 0; round < Rounds; round++)
        {
            Assert.True(action());
        }

        var allSo = true;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            allSo &= action();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(allSo);
    }
}
