using System.Net;
using CsCheck;
using Gateway.Http.Forwarded;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.Http.Forwarded;

public class ForwardedForEntryTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1:4711", "192.0.2.1")]
    [InlineData("255.255.255.254:65535", "255.255.255.254")]
    [InlineData("0.0.0.1:0", "0.0.0.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("2001:DB8::A", "2001:db8::a")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("::1", "::1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("[::ffff:192.0.2.1]:80", "192.0.2.1")]
    [InlineData("[::ffff:c000:201]:80", "192.0.2.1")]
    public void TryParse_Address_IsRead(string entry, string address)
    {
        Assert.True(ForwardedForEntry.TryParse(entry, out var parsed));
        Assert.Equal(IPAddress.Parse(address), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("_hidden")]
    [InlineData("client.example")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.")]
    [InlineData(".1.2.3")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.-4")]
    [InlineData("1.2.3.+4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("1.2. 3.4")]
    [InlineData("1.2.3.4:")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:+80")]
    [InlineData("1.2.3.4:80:80")]
    [InlineData("1.2.3.4/24")]
    [InlineData("\"192.0.2.1\"")]
    [InlineData("for=192.0.2.1")]
    [InlineData("[192.0.2.1]")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]4711")]
    [InlineData("[2001:db8::1]:")]
    [InlineData("[]")]
    [InlineData("[]:80")]
    [InlineData("]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[fe80::1%2]:80")]
    [InlineData("2001:db8::1/64")]
    [InlineData("2001:db8:::1")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("[[::1]]")]
    [InlineData("[::1]]:80")]
    [InlineData(":80")]
    [InlineData("::ffff:192.0.2.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17")]
    // Nobody's: unspecified, broadcast, multicast.
    [InlineData("0.0.0.0")]
    [InlineData("0.0.0.0:80")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250:1900")]
    [InlineData("::")]
    [InlineData("[::]:80")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:0.0.0.0")]
    [InlineData("::ffff:224.0.0.1")]
    [InlineData("[::ffff:255.255.255.255]")]
    public void TryParse_AnythingElse_IsRefused(string entry) => Assert.False(ForwardedForEntry.TryParse(entry, out _));

    [Fact]
    public void TryParse_AnyAddressInAnyForm_IsReadBack() =>
        Gen.Select(Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]), Gen.UShort, Gen.Int[0, 1]).Sample((bytes, port, form) =>
        {
            var address = new IPAddress(bytes);
            var text = form == 0 ? address.ToString() : new IPEndPoint(address, port).ToString();
            Assert.Equal(ProxyEndPoint.From(new IPEndPoint(address, 0)).CanBeSource, ForwardedForEntry.TryParse(text, out var parsed));
            Assert.Equal(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, parsed);
        });

    [Fact]
    public void TryParse_AnyText_NeverThrows() =>
        Gen.OneOf(Gen.String, Gen.Char[" :.[]%0123456789abcdefx,"].Array[0, 60].Select(chars => new string(chars)))
            .Sample(text => !ForwardedForEntry.TryParse(text, out var address) || address != IPAddress.None);
}
