using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tests.Tcp.Identification.Tls;

public sealed class ServerNameTests
{
    private static readonly string Label63 = new('a', 63);
    private static readonly string Name253 = $"{Label63}.{Label63}.{Label63}.{new string('b', 61)}";

    [Theory]
    [InlineData("db.example.com", "db.example.com")]
    [InlineData("DB.Example.COM.", "db.example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("_sip._tcp.example.com", "_sip._tcp.example.com")]
    [InlineData("*.Example.com.", "*.example.com")]
    [InlineData("*.local", "*.local")]
    [InlineData("**.Example.com", "**.example.com")]
    [InlineData("1.2.3.example", "1.2.3.example")]
    [InlineData("10.0.0.0.1", "10.0.0.0.1")]
    [InlineData("münchen.example", "xn--mnchen-3ya.example")]
    [InlineData("MÜNCHEN.example.", "xn--mnchen-3ya.example")]
    [InlineData("*.bücher.example", "*.xn--bcher-kva.example")]
    [InlineData("xn--MNCHEN-3ya.example", "xn--mnchen-3ya.example")]
    [InlineData("例え。テスト", "xn--r8jz45g.xn--zckzah")]
    public void TryNormalize_Name_IsFolded(string text, string expected)
    {
        Assert.True(ServerName.TryNormalize(text, out var name));
        Assert.Equal(expected, name);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("*.*.example.com")]
    [InlineData("**")]
    [InlineData("**.")]
    [InlineData("***.example.com")]
    [InlineData("**.*.example.com")]
    [InlineData("db.*.example.com")]
    [InlineData("d*.example.com")]
    [InlineData(".example.com")]
    [InlineData("example..com")]
    [InlineData("example.com..")]
    [InlineData("db example.com")]
    [InlineData("db.example.com:443")]
    [InlineData("db/example")]
    [InlineData("10.0.0.1")]
    [InlineData("*.10.0.0.1")]
    [InlineData("10.0.0.1.")]
    [InlineData("300.0.0.1")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("2001:db8::1")]
    [InlineData("mu\u0308nchen.example")]
    [InlineData("\ufffd.example")]
    [InlineData("a\0b.example")]
    [InlineData("ü..example")]
    public void TryNormalize_NoName_IsRefused(string text)
    {
        Assert.False(ServerName.TryNormalize(text, out var name));
        Assert.Equal("", name);
    }

    [Fact]
    public void TryNormalize_Longest_IsTakenAndOneMoreRefused()
    {
        Assert.True(ServerName.TryNormalize(Name253 + ".", out _));
        Assert.False(ServerName.TryNormalize(Name253 + "b", out _));
        Assert.False(ServerName.TryNormalize("*." + Name253, out var name));
        Assert.False(ServerName.TryNormalize(Label63 + "a.example", out _));
        Assert.False(ServerName.TryNormalize(new string('ü', 63) + ".example", out _));
        Assert.False(ServerName.TryNormalize("\ud800.example", out _));
        Assert.Equal("", name);
    }

    [Theory]
    [InlineData("*.example.com", true)]
    [InlineData("example.com", false)]
    [InlineData("*", false)]
    [InlineData("*example.com", false)]
    public void IsWildcard_Name_IsToldByItsFirstLabel(string name, bool expected) => Assert.Equal(expected, ServerName.IsWildcard(name));
}
