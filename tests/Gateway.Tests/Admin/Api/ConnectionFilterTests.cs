using System.Net;
using Gateway.Admin.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Tests.Admin.Api;

/// <summary>What a query asks for.</summary>
public sealed class ConnectionFilterTests
{
    private const int Port = 4711;

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("203.0.113.7:4711", "203.0.113.7", true)]
    [InlineData("203.0.113.0/24", "203.0.113.255", true)]
    [InlineData("203.0.113.0/24", "203.0.114.0", false)]
    [InlineData("203.0.113.", "203.0.113.9", true)]
    [InlineData("203.0", "203.0.113.9", true)]
    [InlineData("203", "204.0.113.9", false)]
    [InlineData("2001:db8::1", "2001:db8::1", true)]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::", true)]
    [InlineData("2001:db8::/32", "203.0.113.7", false)]
    [InlineData("0.0.0.0/0", "203.0.113.7", true)]
    public void Matches_AClient_ByAddressNetworkOrBeginning(string query, string client, bool matches) =>
        Assert.Equal(matches, Parse("client", query).Matches(IPAddress.Parse(client), Port, "db", null));

    [Fact]
    public void Matches_AClientWithAPort_ThatPortAlone()
    {
        var filter = Parse("client", $"203.0.113.7:{Port}");

        Assert.True(filter.Matches(IPAddress.Parse("203.0.113.7"), Port, "db", null));
        Assert.False(filter.Matches(IPAddress.Parse("203.0.113.7"), Port + 1, "db", null));
    }

    [Theory]
    [InlineData("client", "example.org")]
    [InlineData("client", "256.1.1.1")]
    [InlineData("client", "1.2.3.4.5")]
    [InlineData("client", "1.2..")]
    [InlineData("client", "203.0.113.0/33")]
    [InlineData("client", "fe80::1%eth0")]
    [InlineData("client", "1.2.3.4:99999")]
    [InlineData("limit", "-1")]
    [InlineData("limit", "many")]
    [InlineData("sort", "bytes")]
    public void Parse_ABadValue_NamesTheKey(string key, string value)
    {
        var problem = ConnectionFilter.Parse(Query(key, value), out var filter);

        Assert.StartsWith($"{key}: must be", problem, StringComparison.Ordinal);
        Assert.Null(filter);
    }

    /// <summary>A misspelt parameter would list everybody.</summary>
    [Fact]
    public void Parse_AnUnknownParameter_NamesTheKnownOnes()
    {
        Assert.Equal(
            "clientt: unknown parameter; known here: client, listener, route, limit, sort, reason",
            ConnectionFilter.Parse(Query("clientt", "203.0.113.7"), out var filter));
        Assert.Null(filter);
    }

    [Fact]
    public void Parse_Nothing_MatchesAllWithTheDefaultLimit()
    {
        var filter = Parse("client", "");

        Assert.Equal(ConnectionFilter.DefaultLimit, filter.Limit);
        Assert.True(filter.Matches(IPAddress.Loopback, Port, "db", "r"));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("1000", 1000)]
    [InlineData("1000000", 1000)]
    public void Parse_ALimit_HasAnUpperBound(string text, int limit) => Assert.Equal(limit, Parse("limit", text).Limit);

    [Fact]
    public void Matches_ListenerAndRoute_WhateverTheirCase()
    {
        Assert.True(Parse("listener", "DB").Matches(IPAddress.Loopback, Port, "db", null));
        Assert.False(Parse("listener", "web").Matches(IPAddress.Loopback, Port, "db", null));
        Assert.True(Parse("route", "Shop").Matches(IPAddress.Loopback, Port, "db", "shop"));
        Assert.False(Parse("route", "shop").Matches(IPAddress.Loopback, Port, "db", null));
    }

    private static ConnectionFilter Parse(string key, string value)
    {
        Assert.Null(ConnectionFilter.Parse(Query(key, value), out var filter));
        return filter!;
    }

    private static QueryCollection Query(string key, string value) =>
        new(QueryHelpers.ParseQuery(QueryHelpers.AddQueryString("", key, value)));
}
