using Gateway.Linux;

namespace Gateway.Tests.Linux;

public sealed class LocalPortRangeTests
{
    [Theory]
    [InlineData("32768\t60999\n", 32768, 60999)]
    [InlineData("1024 65535", 1024, 65535)]
    public void Parse_WhatTheKernelSays_IsTheRange(string text, int first, int last) =>
        Assert.Equal((first, last), LocalPortRange.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("32768")]
    [InlineData("a b")]
    [InlineData("60999 32768")]
    [InlineData("1024 65536")]
    public void Parse_AnythingElse_IsNone(string text) => Assert.Null(LocalPortRange.Parse(text));
}
