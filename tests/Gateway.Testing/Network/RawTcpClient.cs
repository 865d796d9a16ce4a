using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Network;

/// <summary>
/// A TCP client that writes its own segments, so that it can put options where a load balancer puts them. IPv4, one connection, nothing lost: just enough for a
/// handshake and some payload. The kernel knows nothing of the connection; a netfilter rule keeps it from resetting it.
/// </summary>
public sealed class RawTcpClient : IDisposable
{
    private const byte FlagFin = 1;
    private const byte FlagSyn = 2;
    private const byte FlagReset = 4;
    private const byte FlagPush = 8;
    private const byte FlagAck = 16;
    private const int HeaderBytes = 20;

    private readonly Socket _socket;
    private readonly IPEndPoint _from;
    private readonly IPEndPoint _to;
    private uint _sequence = 1000;
    private uint _acknowledged;

    private RawTcpClient(Socket socket, IPEndPoint from, IPEndPoint to) => (_socket, _from, _to) = (socket, from, to);

    /// <summary>Keeps the kernel of a namespace from resetting connections of an address that it knows nothing of.</summary>
    public static async Task SilenceKernelAsync(NetworkNamespace inside, IPAddress address)
    {
        Peers.DebianPeer.Require("nft");
        var rules = $"add table inet raw; add chain inet raw out {{ type filter hook output priority 0; }}; "
            + $"add rule inet raw out ip saddr {address} meta mark != 77 tcp flags & rst == rst drop";
        (await ProcessRunner.RunAsync([.. inside.CommandPrefix, "nft", rules]).ConfigureAwait(false)).RequireSuccess();
    }

    /// <summary>Connects; blocks for the one answer that it waits for.</summary>
    /// <param name="inside">Where.</param>
    /// <param name="from">An address of the namespace, and a port.</param>
    /// <param name="to">Where to.</param>
    /// <param name="inSyn">Options of the SYN, in hex.</param>
    /// <param name="inAck">Options of the handshake's last ACK, in hex.</param>
    public static RawTcpClient Connect(NetworkNamespace inside, IPEndPoint from, IPEndPoint to, string inSyn = "", string inAck = "")
    {
        var socket = inside.CreateRawSocket();
        socket.ReceiveTimeout = (int)Eventually.DefaultTimeout.TotalMilliseconds;
        // SO_MARK: what the rule lets through.
        socket.SetRawSocketOption(1, 36, BitConverter.GetBytes(77));
        socket.Bind(new IPEndPoint(from.Address, 0));
        var client = new RawTcpClient(socket, from, to);
        client.Send(FlagSyn, inSyn, []);
        client._sequence++;
        client.AwaitAnswer();
        client.Send(FlagAck, inAck, []);
        return client;
    }

    /// <summary>Sends payload.</summary>
    public void Send(ReadOnlySpan<byte> payload, string options = "")
    {
        Send(FlagAck | FlagPush, options, payload);
        _sequence += (uint)payload.Length;
    }

    /// <summary>Sends FIN.</summary>
    public void Finish()
    {
        Send(FlagAck | FlagFin, "", []);
        _sequence++;
    }

    /// <summary>Ends the connection with RST.</summary>
    public void Dispose()
    {
        Send(FlagReset | FlagAck, "", []);
        _socket.Dispose();
    }

    private void Send(byte flags, string options, ReadOnlySpan<byte> payload)
    {
        var written = Convert.FromHexString(options);
        // Padded with zeros, which end the options.
        var header = HeaderBytes + ((written.Length + 3) / 4 * 4);
        var segment = new byte[header + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)_from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)_to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), _sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), _acknowledged);
        segment[12] = (byte)(header / 4 << 4);
        segment[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), ushort.MaxValue);
        written.CopyTo(segment, HeaderBytes);
        payload.CopyTo(segment.AsSpan(header));
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), Checksum(segment));
        _socket.SendTo(segment, new IPEndPoint(_to.Address, 0));
    }

    private void AwaitAnswer()
    {
        var buffer = new byte[2048];
        while (true)
        {
            var packet = buffer.AsSpan(0, _socket.Receive(buffer));
            var segment = packet[((packet[0] & 0xF) * 4)..];
            if (BinaryPrimitives.ReadUInt16BigEndian(segment) == _to.Port
                && BinaryPrimitives.ReadUInt16BigEndian(segment[2..]) == _from.Port
                && (segment[13] & (FlagSyn | FlagAck)) == (FlagSyn | FlagAck))
            {
                _acknowledged = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + 1;
                return;
            }
        }
    }

    // RFC 9293 3.1: over addresses, protocol, length and the segment itself.
    private ushort Checksum(ReadOnlySpan<byte> segment)
    {
        Span<byte> pseudo = stackalloc byte[12];
        _ = _from.Address.TryWriteBytes(pseudo, out _);
        _ = _to.Address.TryWriteBytes(pseudo[4..], out _);
        pseudo[9] = 6;
        BinaryPrimitives.WriteUInt16BigEndian(pseudo[10..], (ushort)segment.Length);
        var sum = Sum(pseudo) + Sum(segment);
        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
        }

        return sum;
    }
}
