using System.Text;
using Gateway.Handover;

namespace Gateway.Tests.Handover;

public sealed class HandoverMessagesTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(12, "gateway_dnat")]
    public void Offer_ReadBack_IsTheSame(int sockets, string? table) =>
        Assert.Equal((sockets, table), HandoverMessages.ReadOffer(Encoding.UTF8.GetString(HandoverMessages.Offer(sockets, table))));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("busy\n")]
    [InlineData("sockets -1 table -\n")]
    [InlineData("sockets 1000000000 table -\n")]
    [InlineData("sockets 1 table - more\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public void ReadOffer_SomethingElse_IsNone(string line) => Assert.Null(HandoverMessages.ReadOffer(line));

    [Theory]
    [InlineData(null, false)]
    [InlineData("gateway_dnat", true)]
    public void IsReady_ReadyLine_SaysWhetherTheTableIsTaken(string? table, bool isTaken)
    {
        Assert.True(HandoverMessages.IsReady(HandoverMessages.Ready(table), out var isTableTaken));
        Assert.Equal(isTaken, isTableTaken);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("released\n")]
    [InlineData("")]
    public void IsReady_SomethingElse_False(string? line) => Assert.False(HandoverMessages.IsReady(line, out _));
}
