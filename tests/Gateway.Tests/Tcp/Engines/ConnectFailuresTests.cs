using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Tests.Tcp.Engines;

public sealed class ConnectFailuresTests
{
    [Theory]
    [InlineData(SocketError.ConnectionRefused, ConnectFailure.Destination)]
    [InlineData(SocketError.ConnectionReset, ConnectFailure.Destination)]
    [InlineData(SocketError.HostUnreachable, ConnectFailure.Destination)]
    [InlineData(SocketError.AccessDenied, ConnectFailure.Destination)]
    [InlineData(SocketError.InvalidArgument, ConnectFailure.Destination)]
    [InlineData(SocketError.TimedOut, ConnectFailure.Timeout)]
    [InlineData(SocketError.AddressNotAvailable, ConnectFailure.Resources)]
    [InlineData(SocketError.AddressAlreadyInUse, ConnectFailure.Resources)]
    [InlineData(SocketError.WouldBlock, ConnectFailure.Resources)]
    [InlineData(SocketError.TooManyOpenSockets, ConnectFailure.Resources)]
    [InlineData(SocketError.NoBufferSpaceAvailable, ConnectFailure.Resources)]
    public void OfConnect_OwnAddress_BlamesTheDestinationOnlyForWhatItDid(SocketError error, ConnectFailure expected) =>
        Assert.Equal(expected, ConnectFailures.OfConnect(error, isSourceBound: false));

    [Theory]
    [InlineData(SocketError.AddressAlreadyInUse, ConnectFailure.Bind)]
    [InlineData(SocketError.InvalidArgument, ConnectFailure.Bind)]
    [InlineData(SocketError.AddressNotAvailable, ConnectFailure.Resources)]
    [InlineData(SocketError.ConnectionRefused, ConnectFailure.Destination)]
    public void OfConnect_ClientsAddress_AnotherSourceMayDo(SocketError error, ConnectFailure expected) =>
        Assert.Equal(expected, ConnectFailures.OfConnect(error, isSourceBound: true));

    [Theory]
    [InlineData(SocketError.AddressNotAvailable, ConnectFailure.Bind)]
    [InlineData(SocketError.AddressFamilyNotSupported, ConnectFailure.Bind)]
    [InlineData(SocketError.NoBufferSpaceAvailable, ConnectFailure.Resources)]
    public void OfBind_AnyError_IsOurs(SocketError error, ConnectFailure expected) => Assert.Equal(expected, ConnectFailures.OfBind(error));

    [Fact]
    public void OfSocket_FamilySwitchedOff_TheDestinationIsUnreachable()
    {
        Assert.Equal(ConnectFailure.Destination, ConnectFailures.OfSocket(SocketError.AddressFamilyNotSupported));
        Assert.Equal(ConnectFailure.Resources, ConnectFailures.OfSocket(SocketError.TooManyOpenSockets));
    }

    [Fact]
    public void OfOption_RightMissing_IsPermission()
    {
        Assert.Equal(ConnectFailure.Permission, ConnectFailures.OfOption(SocketError.AccessDenied, ConnectFailure.Bind));
        Assert.Equal(ConnectFailure.Bind, ConnectFailures.OfOption(SocketError.OperationNotSupported, ConnectFailure.Bind));
    }

    [Theory]
    [InlineData(ConnectFailure.None, false)]
    [InlineData(ConnectFailure.Destination, false)]
    [InlineData(ConnectFailure.Timeout, false)]
    [InlineData(ConnectFailure.Self, true)]
    [InlineData(ConnectFailure.Bind, true)]
    [InlineData(ConnectFailure.Resources, true)]
    [InlineData(ConnectFailure.Aborted, true)]
    public void IsOurs_OnlyDestinationAndTimeout_CountAgainstADestination(ConnectFailure failure, bool expected) =>
        Assert.Equal(expected, failure.IsOurs());
}
