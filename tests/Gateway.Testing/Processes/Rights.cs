using System.Net.Sockets;
using Xunit;

namespace Gateway.Testing.Processes;

/// <summary>What this process may do; tests that need more are skipped with the reason.</summary>
public static class Rights
{
    /// <summary>Skips the test unless IP_TRANSPARENT may be set.</summary>
    public static void RequireTransparent()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(0, 19, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            Assert.Skip("transparent mode needs CAP_NET_RAW or CAP_NET_ADMIN.");
        }
    }
}
