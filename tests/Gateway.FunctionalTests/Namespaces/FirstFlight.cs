using System.Net.Security;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>The ClientHello that .NET's client sends.</summary>
internal static class FirstFlight
{
    /// <summary>The bytes for a server name.</summary>
    public static byte[] Of(string serverName)
    {
        using var sent = new Mute();
        try
        {
            using var client = new SslStream(sent);
            client.AuthenticateAsClient(serverName);
        }
        catch (IOException)
        {
            // Nobody answers.
        }

        return sent.ToArray();
    }

    /// <summary>Keeps what is written, and ends where an answer is read.</summary>
    private sealed class Mute : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override int Read(Span<byte> buffer) => 0;
    }
}
