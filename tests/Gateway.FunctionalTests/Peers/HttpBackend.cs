using System.Text;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Peers;

/// <summary>A backend that answers each HTTP/1.1 request with its head, as it came.</summary>
internal static class HttpBackend
{
    public static RecordingTcpServer Start() => RecordingTcpServer.Start(async peer =>
    {
        while (true)
        {
            var head = new StringBuilder();
            for (string line; (line = await peer.ReadLineAsync()).Length > 0;)
            {
                head.Append(line).Append("\r\n");
            }

            if (head.Length == 0)
            {
                return;
            }

            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {head.Length}\r\n\r\n{head}");
        }
    });
}
