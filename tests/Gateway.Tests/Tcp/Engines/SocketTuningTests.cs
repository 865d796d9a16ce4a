using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>Buffers, DSCP and TCP_USER_TIMEOUT, read back from the sockets of both sides.</summary>
public sealed class SocketTuningTests
{
    private const int Bytes = 65_536;
    private const int ExpeditedForwarding = 46;
    private static readonly TcpSocketOptions Options = new(Bytes, Bytes / 2, ExpeditedForwarding);
    private static readonly TimeSpan UserTimeout = TimeSpan.FromMilliseconds(12_500);

    public static TheoryData<bool, string, string, bool> Sides
    {
        get
        {
            var data = new TheoryData<bool, string, string, bool>();
            foreach (var isLinux in (bool[])[true, false])
            {
                foreach (var isSet in (bool[])[true, false])
                {
                    data.Add(isLinux, "127.0.0.1", "127.0.0.1", isSet);
                    data.Add(isLinux, "::1", "::1", isSet);
                    data.Add(isLinux, "::", "127.0.0.1", isSet);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public async Task Options_OfBothSides_AreOnTheSockets(bool isLinux, string listens, string client, bool isSet)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The options are Linux's.");
        await using ITcpEngine engine = isLinux ? new LinuxTcpEngine(new LinuxEngineOptions()) : new PortableTcpEngine(TimeProvider.System);
        var address = IPAddress.Parse(listens);
        var accepted = new TaskCompletionSource<TcpConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listener = engine.Bind(
            new IPEndPoint(address, 0),
            new TcpListenOptions
            {
                DualMode = address.Equals(IPAddress.IPv6Any),
                Socket = isSet ? Options : null,
                UserTimeout = isSet ? UserTimeout : null,
            });
        listener.Start(accepted.SetResult);
        var at = IPAddress.Parse(client);
        using var peer = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(new IPEndPoint(at, listener.LocalEndPoint.Port)).Within();
        var connection = await accepted.Task.Within();
        await connection.EnterAsync();
        AssertOptions(connection, isV6: address.AddressFamily == AddressFamily.InterNetworkV6, isSet);

        using var backend = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new IPEndPoint(at, 0));
        backend.Listen();
        var dialed = await connection.ConnectAsync(new ConnectRequest
        {
            Destination = (IPEndPoint)backend.LocalEndPoint!,
            Timeout = TestSockets.Limit,
            Socket = isSet ? Options : null,
            UserTimeout = isSet ? UserTimeout : null,
        });
        Assert.NotNull(dialed.Connection);
        AssertOptions(dialed.Connection, isV6: at.AddressFamily == AddressFamily.InterNetworkV6, isSet);
        dialed.Connection.Reset();
        connection.Reset();
    }

    private static void AssertOptions(TcpConnection connection, bool isV6, bool isSet)
    {
        Assert.Equal(isSet ? (int)UserTimeout.TotalMilliseconds : 0, Read(connection, SocketOption.UserTimeout));
        Assert.Equal(isSet ? ExpeditedForwarding << 2 : 0, Read(connection, SocketOption.TypeOfService));
        if (isV6)
        {
            Assert.Equal(isSet ? ExpeditedForwarding << 2 : 0, Read(connection, SocketOption.TrafficClass));
        }

        // The kernel reports twice the value, since it counts its own structures too (socket(7)).
        Assert.Equal(isSet, Read(connection, SocketOption.SendBuffer) == 2 * Bytes);
        Assert.Equal(isSet, Read(connection, SocketOption.ReceiveBuffer) == Bytes);
    }

    private static int Read(TcpConnection connection, SocketOption option) =>
        connection is LinuxTcpConnection linux
            ? Syscalls.GetOption(linux.Socket.Fd, option)
            : ((PortableTcpConnection)connection).Socket.Get(option);
}
