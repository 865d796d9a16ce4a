using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A client of a Tls listener that takes any certificate and tells which it was.</summary>
internal sealed class EchoingTlsClient : IDisposable
{
    private readonly TcpPeer _peer;
    private readonly SslStream _stream;

    private EchoingTlsClient(TcpPeer peer, SslStream stream) => (_peer, _stream) = (peer, stream);

    /// <summary>The subject of the server's certificate.</summary>
    public string Subject => _stream.RemoteCertificate!.Subject;

    /// <summary>Connects to a port of 127.0.0.1 and shakes hands.</summary>
    public static async Task<EchoingTlsClient> ConnectAsync(int port, string name, TimeSpan? timeout = null)
    {
        var peer = await TcpPeer.ConnectAsync(port);
        var stream = new SslStream(new NetworkStream(peer.Socket), false, static (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync(name).WaitAsync(timeout ?? Eventually.DefaultTimeout);
        return new EchoingTlsClient(peer, stream);
    }

    /// <summary>What an echo server answers to a text.</summary>
    public async Task<string> EchoAsync(string text)
    {
        var answer = Encoding.ASCII.GetBytes(text);
        await _stream.WriteAsync(answer.ToArray());
        Array.Clear(answer);
        await _stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Eventually.DefaultTimeout);
        return Encoding.ASCII.GetString(answer);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stream.Dispose();
        _peer.Dispose();
    }
}
