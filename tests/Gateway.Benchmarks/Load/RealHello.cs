using System.Net.Security;

namespace Gateway.Benchmarks.Load;

/// <summary>The ClientHello that .NET's client sends.</summary>
internal static class RealHello
{
    public static byte[] For(string serverName)
    {
        using var sent = new FirstWrite();
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
    private sealed class FirstWrite : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override int Read(Span<byte> buffer) => 0;
    }
}
