using Gateway.Http.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Http.Messages;

public class RawQueryTests
{
    [Theory]
    [InlineData("", "a", "1", "?a=1")]
    [InlineData("?b=%41+c%20d&&x", "a", "1", "?b=%41+c%20d&&x&a=1")]
    [InlineData("?a=%31", "a", "1", "?a=%31")]
    [InlineData("?a=0&b=%41&A=2", "a", "1", "?b=%41&a=1")]
    [InlineData("?b=%zz", "a", "x y&z", "?b=%zz&a=x%20y%26z")]
    public void Follow_ValueIsSet_OthersStayAsWritten(string query, string name, string value, string expected) =>
        Assert.Equal(expected, Change(query, now => now[name] = value));

    [Fact]
    public void Follow_ValueIsAppended_StandsBehind() =>
        Assert.Equal("?a=%31&b=+&a=2", Change("?a=%31&b=+", now => now["a"] = StringValues.Concat(now["a"], "2")));

    [Theory]
    [InlineData("?a=1&b=%41", "?b=%41")]
    [InlineData("?a=1", "")]
    [InlineData("?%61=1&aa=2&b", "?aa=2&b")]
    public void Follow_ValueIsRemoved_OthersStayAsWritten(string query, string expected) => Assert.Equal(expected, Change(query, now => now.Remove("a")));

    private static string Change(string query, Action<Dictionary<string, StringValues>> change)
    {
        var was = new QueryCollection(QueryHelpers.ParseQuery(query));
        var now = new Dictionary<string, StringValues>(was, StringComparer.OrdinalIgnoreCase);
        change(now);
        return RawQuery.Follow(query, was, now);
    }
}
