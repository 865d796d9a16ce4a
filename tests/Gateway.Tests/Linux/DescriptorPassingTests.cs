using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Testing;
using Gateway.Tests.Tcp.Engines;

namespace Gateway.Tests.Linux;

public sealed class DescriptorPassingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _sender = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _receiver;

    public DescriptorPassingTests()
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = new UnixDomainSocketEndPoint(Path.Combine(_folder.Path, "s"));
        listening.Bind(path);
        listening.Listen();
        _sender.Connect(path);
        _receiver = listening.Accept();
    }

    [Fact]
    public async Task Send_ListeningSocket_TheCopyAcceptsWhatWaitsAfterTheFirstIsClosed()
    {
        var first = TestSockets.Listen();
        var address = (IPEndPoint)first.LocalEndPoint!;
        using (var copy = ListeningDescriptor.Duplicate(first)!)
        {
            DescriptorPassing.Send(_sender, "x"u8, [copy.Handle]);
        }

        var numbers = new List<int>();
        var data = new byte[8];
        Assert.Equal(1, DescriptorPassing.Receive(_receiver, data, numbers));
        Assert.Equal((byte)'x', data[0]);
        using var received = ListeningDescriptor.Adopt(Assert.Single(numbers), out var problem);
        Assert.Equal("", problem);
        Assert.Equal((address, false), (received!.LocalEndPoint, received.DualMode));
        using var client = TestSockets.New();
        await client.ConnectAsync(address).Within();

        first.Dispose();
        using var second = received.ToSocket();

        using var accepted = await second.AcceptAsync().Within();
        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Fact]
    public void Send_AsManyAsAMessageTakes_AllArrive()
    {
        using var listening = TestSockets.Listen();
        using var copy = ListeningDescriptor.Duplicate(listening)!;

        DescriptorPassing.Send(_sender, "x"u8, [.. Enumerable.Repeat(copy.Handle, DescriptorPassing.Most)]);

        var numbers = new List<int>();
        Assert.Equal(1, DescriptorPassing.Receive(_receiver, new byte[8], numbers));
        Assert.Equal(DescriptorPassing.Most, numbers.Distinct().Count());
        Assert.All(numbers, static number => ListeningDescriptor.Adopt(number, out _)!.Dispose());
    }

    [Fact]
    public void Receive_OtherSideHasClosed_IsTheEnd()
    {
        _sender.Dispose();

        Assert.Equal(0, DescriptorPassing.Receive(_receiver, new byte[8], new List<int>()));
    }

    [Fact]
    public void Receive_NothingComes_EndsWithTheTimeout()
    {
        _receiver.ReceiveTimeout = 50;

        var problem = Assert.Throws<SocketException>(() => DescriptorPassing.Receive(_receiver, new byte[8], new List<int>()));
        Assert.Equal(SocketError.WouldBlock, problem.SocketErrorCode);
    }

    [Fact]
    public void IsSameUser_OwnProcess_True() => Assert.True(DescriptorPassing.IsSameUser(_receiver));

    [Fact]
    public void Adopt_WhatDoesNotListen_IsClosedAndSaysWhy()
    {
        using var connected = TestSockets.New();
        var copy = Syscalls.Duplicate((int)connected.Handle);

        Assert.Null(ListeningDescriptor.Adopt(copy, out var problem));
        Assert.Equal("it does not listen", problem);
        Assert.Null(ListeningDescriptor.Adopt(Syscalls.Duplicate((int)_receiver.Handle), out problem));
        Assert.Equal("it is no socket of IPv4 or IPv6", problem);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
        _folder.Dispose();
    }
}
