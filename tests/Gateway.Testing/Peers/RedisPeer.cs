using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real Redis server, and its own client.</summary>
public sealed class RedisPeer : IAsyncDisposable
{
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
    public static async Task<RedisPeer> StartAsync(string? password = null)
    {
        var program = DebianPeer.Require("redis-server");
        DebianPeer.Require("redis-cli");
        var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var process = ManagedProcess.Start(
            [program, "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.Path, .. password is null ? (string[])["--protected-mode", "no"] : ["--requirepass", password]]);
        var peer = new RedisPeer(process, folder, port);
        try
        {
            await process.WaitForLineAsync(l => l.Contains("eady to accept connections", StringComparison.Ordinal), "redis ready").ConfigureAwait(false);
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
