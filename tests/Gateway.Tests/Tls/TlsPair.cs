using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Tcp.Tls;

namespace Gateway.Tests.Tls;

/// <summary>A client's and a server's end of one connection that shake hands.</summary>
internal static class TlsPair
{
    /// <summary>Shakes hands and sends a byte each way, so that sessions are there to be resumed.</summary>
    /// <returns>The server's stream, and what failed on either side.</returns>
    public static async Task<(TlsStream Server, Exception? ServerFailure, Exception? ClientFailure)> ShakeAsync(
        SslServerAuthenticationOptions server, SslClientAuthenticationOptions client, Func<Stream, SslStream>? makeClient = null)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new TcpClient();
        var connecting = socket.ConnectAsync((System.Net.IPEndPoint)listener.LocalEndpoint);
        using var accepted = await listener.AcceptTcpClientAsync();
        await connecting;
        await using var theirs = makeClient?.Invoke(socket.GetStream()) ?? new SslStream(socket.GetStream());
        var ours = new TlsStream(accepted.GetStream());
        var results = await Task.WhenAll(
            TryAsync(async () =>
            {
                await ours.AuthenticateAsServerAsync(server);
                await ours.WriteAsync(new byte[1]);
                await ours.ReadExactlyAsync(new byte[1]);
                await ours.ShutdownAsync();
            }, accepted),
            TryAsync(async () =>
            {
                await theirs.AuthenticateAsClientAsync(client);
                await theirs.ReadExactlyAsync(new byte[1]);
                await theirs.WriteAsync(new byte[1]);
                _ = await theirs.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
            }, socket));
        return (ours, results[0], results[1]);
    }

    private static async Task<Exception?> TryAsync(Func<Task> act, TcpClient socket)
    {
        try
        {
            await act();
            return null;
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException)
        {
            socket.Close();
            return failed;
        }
    }
}
