using Gateway.Tcp.AccessLogs;

namespace Gateway.Tests.Tcp.AccessLogs;

public sealed class AccessFieldTests
{
    [Fact]
    public void Find_EveryName_IsItsField()
    {
        var fields = AccessField.Names.Select(static name => AccessField.Find(name)!).ToArray();

        Assert.Equal(AccessField.Names, fields.Select(static found => found.Name));
        // Each content has one field, and one for each TLV.
        Assert.Equal(
            Enum.GetValues<AccessFieldKind>().Where(static kind => kind != AccessFieldKind.Tlv).Order(),
            fields.Select(static found => found.Kind).Order());
        Assert.Equal(fields.Length, fields.Select(static found => found.Property).Distinct().Count());
    }

    [Theory]
    [InlineData("tlv:0xea", "tlv:0xEA")]
    [InlineData("tlv:awsvpcendpointid", "tlv:AwsVpcEndpointId")]
    public void Find_Tlv_HasItsUsualName(string name, string usual) => Assert.Equal(usual, AccessField.Find(name)!.Name);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Client")]
    [InlineData("tlv:")]
    [InlineData("tlv:0x123")]
    public void Find_NoName_IsNull(string? name) => Assert.Null(AccessField.Find(name));
}
