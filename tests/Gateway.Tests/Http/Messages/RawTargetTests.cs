using Gateway.Http.Messages;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http.Messages;

public class RawTargetTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b?c=/d", "/a/b")]
    [InlineData("/a#b", "/a#b")]
    [InlineData("//a", "//a")]
    [InlineData("http://host", "/")]
    [InlineData("http://host?x=/y", "/")]
    [InlineData("http://host:80/a%2Fb?x", "/a%2Fb")]
    [InlineData("https://user@[::1]:8/..", "/..")]
    [InlineData("*", "")]
    [InlineData("host:443", "")]
    [InlineData("://x/", "")]
    [InlineData("", "")]
    public void PathOf_Target_IsAsWritten(string target, string path) => Assert.Equal(path, RawTarget.PathOf(target).ToString());

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a//b/", "/a//b/")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e/b", "/b")]
    [InlineData("/a/%2e/b%2Fc", "/a/b%2Fc")]
    [InlineData("/..", "/")]
    [InlineData("/../..", "/")]
    [InlineData("/../a", "/a")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a//..", "/a/")]
    [InlineData("/a//../b", "/a/b")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a/..b", "/a/..b")]
    [InlineData("/a/.b/..c", "/a/.b/..c")]
    [InlineData("/%20/a", "/%20/a")]
    [InlineData("/a/%252e%252e/b", "/a/%252e%252e/b")]
    public void WithoutDotSegments_Path_LosesThemAndNothingElse(string path, string expected) => Assert.Equal(expected, RawTarget.WithoutDotSegments(path).ToString());

    [Theory]
    [InlineData("/a/..%2fb", true)]
    [InlineData("/a/..%2Fb", true)]
    [InlineData("/a%2f..%2fb", true)]
    [InlineData("/a/..%5cb", true)]
    [InlineData("/a/..\\b", true)]
    [InlineData("/a\\%2e%2e\\b", true)]
    [InlineData("/a/..;/b", true)]
    [InlineData("/a/..;x=1/b", true)]
    [InlineData("/a/%2e.%3bx/b", true)]
    [InlineData("/a%2f..", true)]
    [InlineData("/a%2fb%5cc;d", false)]
    [InlineData("/a/..b;c", false)]
    [InlineData("/a/b..", false)]
    [InlineData("/a/...;/b", false)]
    [InlineData("/a/.;/b", false)]
    [InlineData("/a/;..", false)]
    [InlineData("/a/%252e%252e%252fb", false)]
    [InlineData("/", false)]
    public void HidesParent_Path_TellsWhatABackendCouldTakeForOne(string path, bool hides) => Assert.Equal(hides, RawTarget.HidesParent(path));

    [Theory]
    [InlineData("/v1/a%2Fb", "/a%2Fb", "/a%2Fb", "/v1/a%2Fb")]
    [InlineData("/v1/A/é", "/A/é", "/%41/%C3%A9", "/v1/%41/%C3%A9")]
    [InlineData("/b%2F", "/api/b%2F", "/%61pi/b%2F", "/b%2F")]
    [InlineData("/x/a%ff/y", "/a%ff/z", "/a%ff/z", "/x/a%ff/y")]
    [InlineData("/two words/a", "/a", "/a", "/two%20words/a")]
    [InlineData("/é%", "/a", "/a", "/%C3%A9%25")]
    [InlineData("/a/A", "/A/a", "/%41/%61", "/a/%41")]
    [InlineData("", "/a", "/a", "")]
    [InlineData("/", "/a", "/a", "/")]
    [InlineData("/v1//b", "//b", "//%62", "/v1//%62")]
    public void Follow_ChangedPath_KeepsWhatWasLeftAlone(string path, string decoded, string raw, string expected) =>
        Assert.Equal(expected, RawTarget.Follow(path, decoded, raw));

    [Fact]
    public void Follow_RandomPaths_MeansWhatTheTransformsMade()
    {
        var random = new Random(1);
        string[] pieces = ["a", "%61", "%2F", "%ff", "%25", "%C3%A9", "/", "/", ".", "%2e", ";", "%5c", "~"];
        for (var i = 0; i < 20_000; i++)
        {
            var raw = RawTarget.WithoutDotSegments("/" + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)])));
            var decoded = PathString.FromUriComponent(raw.ToString()).Value!;
            var changed = random.Next(3) switch { 0 => decoded, 1 => "/new" + decoded, _ => decoded[Math.Max(decoded.IndexOf('/', 1), 0)..] };
            Assert.Equal(changed, PathString.FromUriComponent(RawTarget.Follow(changed, decoded, raw)).Value);
        }
    }

    [Theory]
    [InlineData("/a?b", "/a?b")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/a\r\nb\u007F", "/a%0D%0Ab%7F")]
    [InlineData("/\u00C3\u00A9", "/%C3%A9")]
    public void Carry_WhatALineCannot_IsEncoded(string target, string expected) => Assert.Equal(expected, RawTarget.Carry(target).ToString());
}
