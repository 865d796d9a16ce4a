using Gateway.Tcp.Engines;

namespace Gateway.Tests.Engines;

public class LocalPortsTests
{
    [Fact]
    public async Task IsSelf_TheTwoEndsAreOne_IsTrue()
    {
        var itself = TestSockets.Refusing();
        using var socket = TestSockets.New();
        socket.Bind(itself);
        await socket.ConnectAsync(itself).Within();

        Assert.True(LocalPorts.IsSelf(socket));
    }

    [Fact]
    public async Task IsSelf_SomebodyListens_IsFalse()
    {
        using var listener = TestSockets.Listen();
        using var socket = TestSockets.New();
        await socket.ConnectAsync(listener.LocalEndPoint!).Within();

        Assert.False(LocalPorts.IsSelf(socket));
    }

    [Theory]
    [InlineData("32768\t60999\n", 32768, 60999)]
    [InlineData("1024 65535", 1024, 65535)]
    [InlineData("", 0, 65535)]
    [InlineData("32768", 0, 65535)]
    [InlineData("a b", 0, 65535)]
    [InlineData(null, 0, 65535)]
    public void Parse_WhatTheKernelSays_OrAllPorts(string? text, int first, int last) => Assert.Equal((first, last), LocalPorts.Parse(text));
}
