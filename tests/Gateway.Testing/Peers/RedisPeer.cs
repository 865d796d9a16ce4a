using System.Net;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real Redis server, and its own client.</summary>
public sealed class RedisPeer : IAsyncDisposable
{
    private static readonly string[] Unprotected = ["--protected-mode", "no"];

    private readonly TemporaryFolder _folder;

    private RedisPeer(ManagedProcess process, TemporaryFolder folder, int port)
    {
        Process = process;
        _folder = folder;
        Port = port;
    }

    /// <summary>The process.</summary>
    public ManagedProcess Process { get; }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts it on a free port.</summary>
    /// <param name="password">Leaves protected-mode on, as Redis comes, and sets the password that it asks for; null: neither.</param>
    public static Task<RedisPeer> StartAsync(string? password = null)
    {
        var port = FreePorts.Next();
        return StartAsync(port, ["--port", $"{port}", "--bind", "127.0.0.1", .. password is null ? Unprotected : ["--requirepass", password]]);
    }

    /// <summary>Starts it on a free port, where it speaks TLS and asks nobody for a certificate.</summary>
    /// <param name="pair">Its certificate and key.</param>
    public static Task<RedisPeer> StartTlsAsync(PemPair pair)
    {
        var port = FreePorts.Next();
        return StartAsync(port, [
            "--port", "0", "--tls-port", $"{port}", "--bind", "127.0.0.1", .. Unprotected, "--tls-auth-clients", "no",
            "--tls-cert-file", pair.Path, "--tls-key-file", pair.KeyPath, "--tls-ca-cert-file", pair.Path]);
    }

    /// <summary>Starts it on an address inside a namespace.</summary>
    public static Task<RedisPeer> StartInsideAsync(NetworkNamespace inside, IPEndPoint address) =>
        StartAsync(address.Port, ["--port", $"{address.Port}", "--bind", $"{address.Address}", .. Unprotected], inside);

    private static async Task<RedisPeer> StartAsync(int port, string[] arguments, NetworkNamespace? inside = null)
    {
        var program = DebianPeer.Require("redis-server");
        DebianPeer.Require("redis-cli");
        var folder = new TemporaryFolder();
        var process = ManagedProcess.Start(
            [.. inside?.CommandPrefix ?? [], program, .. arguments, "--save", "", "--appendonly", "no", "--dir", folder.Path]);
        var peer = new RedisPeer(process, folder, port);
        try
        {
            await process.WaitForLineAsync(
                l => l.Contains("eady to accept connections", StringComparison.Ordinal), "redis ready", Eventually.StartTimeout)
                .ConfigureAwait(false);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs redis-cli against a port.</summary>
    public static Task<ProcessResult> CliAsync(int port, params string[] arguments) =>
        ProcessRunner.RunAsync([DebianPeer.Require("redis-cli"), "-h", "127.0.0.1", "-p", $"{port}", .. arguments]);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }
}
