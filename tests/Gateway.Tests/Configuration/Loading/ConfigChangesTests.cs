using Gateway.Configuration.Loading;

namespace Gateway.Tests.Configuration.Loading;

public sealed class ConfigChangesTests
{
    private const string Base = """
        {
          // a comment
          "Listeners": { "web": { "Address": "*:80", "ProxyProtocol": { "TrustedProxies": [ "10.0.0.0/8", "192.0.2.0/24" ] } } },
          "TcpProxy": { "Routes": { "a": { "Order": 1 }, "b": { "Order": 2 } } }
        }
        """;

    [Theory]
    [InlineData(Base, "\"web\"", "\"web\"", "nothing changed")]
    [InlineData(Base, "\"Order\": 2", "\"Order\": 3", "changed TcpProxy:Routes:b:Order")]
    [InlineData(Base, "\"192.0.2.0/24\"", "\"198.51.100.0/24\"", "changed Listeners:web:ProxyProtocol:TrustedProxies")]
    [InlineData(Base, ", \"b\": { \"Order\": 2 }", "", "removed TcpProxy:Routes:b")]
    [InlineData(Base, "\"b\": {", "\"c\": {", "added TcpProxy:Routes:c; removed TcpProxy:Routes:b")]
    [InlineData(Base, "\"TcpProxy\":", "\"Limits\": { \"MaxConnections\": 5 }, \"TcpProxy\":", "added Limits:MaxConnections")]
    [InlineData(Base, ", \"ProxyProtocol\": { \"TrustedProxies\": [ \"10.0.0.0/8\", \"192.0.2.0/24\" ] }", "", "removed Listeners:web:ProxyProtocol")]
    [InlineData(Base, "// a comment", "// another", "nothing changed")]
    [InlineData(Base, "\"Order\": 1 }", "\"Order\": \"1\" }", "changed TcpProxy:Routes:a:Order")]
    public void Describe_TwoTexts_NamesWhatDiffers(string before, string part, string other, string expected) =>
        Assert.Equal(expected, ConfigChanges.Between(before, before.Replace(part, other, StringComparison.Ordinal)).Describe());

    [Fact]
    public void Describe_ManyChanges_NamesTenAndTheirNumber()
    {
        var after = $"{{ \"Listeners\": {{ {string.Join(", ", Enumerable.Range(0, 25).Select(number => $"\"l{number}\": {{ \"Address\": \"*:1\" }}"))} }} }}";

        var text = ConfigChanges.Between("{}", after).Describe();

        Assert.StartsWith("added Listeners:l0, Listeners:l1, ", text, StringComparison.Ordinal);
        Assert.EndsWith("Listeners:l9 and 15 more", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_NameThatHoldsALineBreak_StaysOnOneLine()
    {
        var text = ConfigChanges.Between("{}", """{ "ReverseProxy": { "Routes": { "a\nforged": {} } } }""").Describe();

        Assert.DoesNotContain('\n', text);
        Assert.Contains("forged", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Except_SomePaths_LeavesThemOut() =>
        Assert.Equal("changed A", ConfigChanges.Between("""{ "A": 1, "TcpProxy": { "Engine": "Linux" } }""", """{ "A": 2, "TcpProxy": { "Engine": "Auto" } }""").Except(["TcpProxy:Engine"]).Describe());
}
