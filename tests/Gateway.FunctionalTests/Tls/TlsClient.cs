using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>Clients of TLS that an operator has: curl and openssl.</summary>
internal static class TlsClient
{
    /// <summary>curl to a port of this machine under a name.</summary>
    public static Task<ProcessResult> CurlAsync(string name, int port, string authority, params string[] options) =>
        ProcessRunner.RunAsync(
        [
            DebianPeer.Require("curl"), "-sS", "-m", "20", "--resolve", $"{name}:{port}:127.0.0.1", "--cacert", authority, .. options,
            $"https://{name}:{port}/",
        ]);

    /// <summary>A handshake, after which the client leaves; what it says of it.</summary>
    public static async Task<string> HandshakeAsync(int port, string? name, params string[] options)
    {
        string[] sni = name is null ? ["-noservername"] : ["-servername", name];
        var result = await ProcessRunner.RunAsync(
            [DebianPeer.Require("openssl"), "s_client", "-connect", $"127.0.0.1:{port}", .. sni, .. options], "Q\n");
        return result.Output;
    }

    /// <summary>A request and its answer, which ends the connection.</summary>
    public static async Task<string> RequestAsync(int port, string name, params string[] options)
    {
        var result = await ProcessRunner.RunAsync(
            [DebianPeer.Require("openssl"), "s_client", "-connect", $"127.0.0.1:{port}", "-servername", name, "-ign_eof", .. options],
            $"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        return result.Output;
    }

    /// <summary>The common name of the certificate that a client gets; null: none.</summary>
    public static async Task<string?> SubjectAsync(int port, string? name, params string[] options)
    {
        var output = await HandshakeAsync(port, name, options);
        var line = output.Split('\n').FirstOrDefault(static line => line.StartsWith("subject=", StringComparison.Ordinal));
        return line?.Split("CN = ")[^1].Trim();
    }
}
