using System.Buffers.Binary;

namespace Gateway.Tcp.Health.Probes;

/// <summary>
/// The end of a conversation with MariaDB or MySQL. A client that leaves before it has answered the greeting counts as a broken connection,
/// and <c>max_connect_errors</c> of them block the gateway's address for all clients behind it. A login that the server refuses does not
/// count. So the check tries to log in, as a user without a password. If the operator creates that user, without any privilege, the login
/// succeeds, the server counts from zero again, and it logs no refused login. Source: MySQL's documentation, "Connection Phase Packets".
/// </summary>
internal static class MySqlGoodbye
{
    private const int PacketHeader = 4;
    private const int LongestGreeting = 512;
    private const byte Protocol = 10;
    private const byte Ok = 0;
    private const byte SwitchMethod = 0xFE;

    // CLIENT_LONG_PASSWORD, CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH.
    private const uint Capabilities = 0x0001 | 0x0200 | 0x8000 | 0x80000;
    private const uint LongestPacket = 1 << 24;
    private const byte Utf8 = 33;

    // For names that it does not know, too, a server asks for another method now and then, so that names cannot be guessed.
    private const int MostAnswers = 4;

    /// <summary>Whether bytes are the first packet of a server: its length, number 0, and version 10 of the protocol.</summary>
    public static bool IsGreeting(ReadOnlySpan<byte> greeting) =>
        greeting.Length > PacketHeader
        && (greeting[0] | (greeting[1] << 8) | (greeting[2] << 16)) is > PacketHeader and < LongestGreeting
        && greeting[3] == 0
        && greeting[PacketHeader] == Protocol;

    /// <summary>Logs in, and out again if that succeeds.</summary>
    public static async ValueTask SayAsync(Stream stream, CancellationToken limit)
    {
        await stream.WriteAsync(Login(), limit);
        var packet = new byte[PacketHeader + 1];
        for (var i = 0; i < MostAnswers; i++)
        {
            await stream.ReadExactlyAsync(packet, limit);
            var rest = (packet[0] | (packet[1] << 8) | (packet[2] << 16)) - 1;
            if (rest is < 0 or > LongestGreeting)
            {
                return;
            }

            await stream.ReadExactlyAsync(new byte[rest], limit);
            if (packet[PacketHeader] == SwitchMethod)
            {
                // An empty packet: no password, by any method.
                await stream.WriteAsync(new byte[] { 0, 0, 0, (byte)(packet[3] + 1) }, limit);
                continue;
            }

            if (packet[PacketHeader] == Ok)
            {
                // COM_QUIT.
                await stream.WriteAsync(new byte[] { 1, 0, 0, 0, 1 }, limit);
            }

            return;
        }
    }

    private static byte[] Login()
    {
        // Behind the fixed part: the user's name, a password of 0 bytes, and the method, which begins as the oldest that both servers have.
        const int Fixed = 32;
        byte[] names = [.. "gateway_check\0"u8, 0, .. "mysql_native_password\0"u8];
        var packet = new byte[PacketHeader + Fixed + names.Length];
        BinaryPrimitives.WriteInt32LittleEndian(packet, packet.Length - PacketHeader);
        packet[3] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(PacketHeader), Capabilities);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(PacketHeader + 4), LongestPacket);
        packet[PacketHeader + 8] = Utf8;
        names.CopyTo(packet.AsSpan(PacketHeader + Fixed));
        return packet;
    }
}
