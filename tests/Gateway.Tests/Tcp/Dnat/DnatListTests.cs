using System.Buffers.Binary;
using System.Net;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Status;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Dnat;

/// <summary>What is answered about connections that the kernel forwards.</summary>
public sealed class DnatListTests
{
    private const int Many = 15_000;
    private static readonly IPEndPoint Front = IPEndPoint.Parse("192.0.2.1:9000");
    private static readonly IPEndPoint Backend = IPEndPoint.Parse("192.0.2.1:1");
    private readonly DnatModel _model = DnatModel.From(
        TestPlane.Model(null, new SourceIpConfig { Mode = SourceIpMode.Dnat }, Backend.ToString()),
        [new DnatListener("in", new IPEndPoint(IPAddress.Any, Front.Port), BothFamilies: false)]);

    [Fact]
    public void Add_Many_KeepsThoseOfTheAnswerAndCountsAll()
    {
        var answer = Ask(new ForwardedQuestion(null, null, "IN", null, 3));

        Assert.Equal((3, Many, Many), (answer.Connections.Count, answer.Matching, answer.Total));
        Assert.Equal(Many, answer.ByListener["in"]);
        var first = answer.Connections[0];
        Assert.Equal(("203.0.0.0:1024", "in", Backend), (first.Client.ToString(), first.Listener, first.Backend));
        Assert.Equal(("dnat", "Dnat"), (first.Protocol, first.Mode));
        Assert.NotNull(first.Route);
    }

    // However far behind in the kernel's table it is.
    [Theory]
    [InlineData("203.0.58.0/24", null, null, 100)]
    [InlineData("203.0.58.151/32", null, null, 1)]
    [InlineData("203.0.58.151/32", 1024 + Many - 1, null, 1)]
    [InlineData("203.0.58.151/32", 1024, null, 0)]
    [InlineData("203.0.58.151/32", null, "other", 0)]
    [InlineData("2001:db8::/32", null, null, 0)]
    public void Add_Searched_FindsTheClientAmongMany(string client, int? port, string? route, int found)
    {
        var answer = Ask(new ForwardedQuestion(IPNetwork.Parse(client), port, null, route, 100));

        Assert.Equal((Math.Min(found, 100), Many), (answer.Connections.Count, answer.Total));
        Assert.Equal(found == 100 ? Many % 256 : found, answer.Matching);
    }

    [Fact]
    public void Add_OfAClientThatIsNotAskedFor_AllocatesItsAddressAtMost()
    {
        var list = new DnatList(new ForwardedQuestion(IPNetwork.Parse("198.51.100.0/24"), null, null, null, 10), _model);
        var (client, front) = (ConntrackEnd.From(IPEndPoint.Parse("203.0.113.7:1")), ConntrackEnd.From(Front));
        list.Add(client, front, default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var number = 0; number < 1000; number++)
        {
            list.Add(client, front, default);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1000);
    }

    private ForwardedAnswer Ask(ForwardedQuestion question)
    {
        var list = new DnatList(question, _model);
        for (var number = 0; number < Many; number++)
        {
            var client = new IPEndPoint(new IPAddress([203, 0, (byte)(number / 256), (byte)number]), 1024 + number);
            list.Add(ConntrackEnd.From(client), ConntrackEnd.From(Front), Attributes(client));
        }

        return list.End(Many);
    }

    // CTA_TUPLE_ORIG (1) and CTA_TUPLE_REPLY (2), each with CTA_TUPLE_IP (1) and CTA_TUPLE_PROTO (2).
    private static byte[] Attributes(IPEndPoint client) => [.. Tuple(1, client, Front), .. Tuple(2, Backend, client)];

    private static byte[] Tuple(ushort type, IPEndPoint source, IPEndPoint destination) => Attribute(
        type,
        [
            .. Attribute(1, [.. Attribute(1, source.Address.GetAddressBytes()), .. Attribute(2, destination.Address.GetAddressBytes())]),
            .. Attribute(2, [.. Attribute(2, Port(source)), .. Attribute(3, Port(destination))]),
        ]);

    private static byte[] Port(IPEndPoint end)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)end.Port);
        return bytes;
    }

    private static byte[] Attribute(ushort type, byte[] content)
    {
        var bytes = new byte[(4 + content.Length + 3) & ~3];
        BitConverter.TryWriteBytes(bytes, (ushort)(4 + content.Length));
        BitConverter.TryWriteBytes(bytes.AsSpan(2), type);
        content.CopyTo(bytes, 4);
        return bytes;
    }
}
