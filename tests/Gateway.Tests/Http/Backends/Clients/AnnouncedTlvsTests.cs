using System.Net;
using System.Text;
using Gateway.Http.Backends.Clients;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tests.Http.Backends.Clients;

/// <summary>The TLVs of an HTTP cluster's PROXY header where some are added.</summary>
public sealed class AnnouncedTlvsTests
{
    private static readonly byte[] Came = [0x02, 0, 3, .. "old"u8, 0xEA, 0, 2, 1, 65, 0xE9, 0, 1, 7, 0x03, 0, 4, 1, 2, 3, 4];

    [Fact]
    public void Write_AddedAndPassedOn_AddedStandInFrontAndReplaceTheirType()
    {
        var area = Tlvs(
                ("PassThroughTlvs", "Authority, 0xE9"),
                ("AddTlvs.Authority", "{cluster}.{route}"),
                ("AddTlvs.0xE5", "{listener} {client} {connection}"))
            .Write("r", "web", Identity(), "id-1");

        Assert.Equal(["E5 web 203.0.113.7 id-1", "2 app.r", "E9 \u0007", "3 \0\0\0\0"], Read(area.Span));
    }

    [Theory]
    [InlineData("r", "web", "c1", true)]
    [InlineData("s", "web", "c1", false)]
    [InlineData("r", "api", "c1", false)]
    [InlineData("r", "web", "c2", false)]
    public void Key_OfWhatIsAnnounced_DiffersWhereATemplateDoes(string route, string listener, string connection, bool same)
    {
        var tlvs = Tlvs(("AddTlvs.UniqueId", "{route}/{listener}/{connection}"));
        ClientKey Key(string route, string listener, string connection) =>
            ClientKey.OfHeader(Identity(), tlvs.Write(route, listener, Identity(), connection));

        Assert.Equal(same, Key("r", "web", "c1").Equals(Key(route, listener, connection)));
    }

    /// <summary>YARP's names may hold what looks like a placeholder.</summary>
    [Fact]
    public void Write_NamesLookLikePlaceholders_AreTextOnly() =>
        Assert.Equal(
            ["E5 {client}|{connection}|{cluster}|203.0.113.7", "E6 {client}"],
            Read(
                new AnnouncedTlvs(
                    Read(("AddTlvs.0xE5", "{route}|{listener}|{cluster}|{client}"), ("AddTlvs.0xE6", "{route}")).Config,
                    "{cluster}")
                    .Write("{client}", "{connection}", Identity() with { Tlvs = default }, "id")
                    .Span));

    [Fact]
    public void Write_NothingCame_IsWhatIsAdded() =>
        Assert.Equal(
            ["2 app"],
            Read(
                Tlvs(("PassThroughTlvs", "All"), ("AddTlvs.Authority", "{cluster}"))
                    .Write("r", "web", Identity() with { Tlvs = default }, "id")
                    .Span));

    [Fact]
    public void Header_WhatIsAnnounced_GoesOutAsItIs()
    {
        var sourceIp = Read(("AddTlvs.Authority", "x"), ("PassThroughTlvs", "0xE9")).Config;
        var announced = new Announcement(Identity(), new AnnouncedTlvs(sourceIp, "app").Write("r", "web", Identity(), "id"));
        var header = new byte[200];
        var length = SourceHeader.Write(header, announced, SourceIpModel.From(sourceIp), out var leftOut);
        Assert.Equal(
            ["2 x", "E9 \u0007"],
            Read(header.AsSpan(28, length - 28)).Where(static tlv => !tlv.StartsWith("3 ", StringComparison.Ordinal)));
        Assert.Equal(0, leftOut);
    }

    [Fact]
    public void Header_LittleRoom_IsForWhatWasAdded()
    {
        var sourceIp = Read(("AddTlvs.0xE5", "added"), ("PassThroughTlvs", "All"), ("MaxHeaderBytes", "52")).Config;
        var announced = new AnnouncedTlvs(sourceIp, "app").Write("r", "web", Identity(), "id");
        var header = new byte[200];
        var length = SourceHeader.Write(header, new Announcement(Identity(), announced), SourceIpModel.From(sourceIp), out var leftOut);
        Assert.True(length <= 52, $"{length}");
        Assert.True(leftOut > 0);
        Assert.True(ProxyTlvReader.TryFind(header.AsSpan(28, length - 28), (ProxyTlvType)0xE5, out _));
    }

    private static AnnouncedTlvs Tlvs(params (string Key, string Value)[] sourceIp) => new(Read(sourceIp).Config, "app");

    private static ClusterSourceIp Read(params (string Key, string Value)[] sourceIp) =>
        ClusterSourceIp.Of(
            sourceIp.Append(("Mode", "ProxyProtocol")).ToDictionary(pair => $"SourceIp.{pair.Item1}", pair => pair.Item2)
        )!;

    private static ConnectionIdentity Identity() => new()
    {
        Client = IPEndPoint.Parse("203.0.113.7:4711"),
        Peer = IPEndPoint.Parse("192.0.2.1:1"),
        Local = IPEndPoint.Parse("192.0.2.2:80"),
        Source = IdentitySource.ProxyProtocolV2,
        Tlvs = Came,
    };

    private static List<string> Read(ReadOnlySpan<byte> area)
    {
        var tlvs = new List<string>();
        foreach (var tlv in new ProxyTlvReader(area))
        {
            tlvs.Add($"{(int)tlv.Type:X} {Encoding.ASCII.GetString(tlv.Value)}");
        }

        return tlvs;
    }
}
