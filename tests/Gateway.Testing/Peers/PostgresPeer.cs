using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real PostgreSQL server with a cluster of its own, and psql. As root it runs as the user postgres.</summary>
public sealed class PostgresPeer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private PostgresPeer(ManagedProcess process, TemporaryFolder folder, int port)
    {
        Process = process;
        _folder = folder;
        Port = port;
    }

    /// <summary>The process.</summary>
    public ManagedProcess Process { get; }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Makes a cluster and starts it on a free port.</summary>
    /// <param name="certificate">What it shows to clients that ask for TLS; null: it speaks none.</param>
    public static async Task<PostgresPeer> StartAsync(TestCertificate? certificate = null)
    {
        DebianPeer.Require("psql");
        var bin = Path.GetDirectoryName(Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetFiles("/usr/lib/postgresql", "initdb", SearchOption.AllDirectories).Order().LastOrDefault(DebianPeer.Require("initdb"))
            : DebianPeer.Require("initdb"))!;
        var folder = new TemporaryFolder();
        string[] user = Environment.IsPrivilegedProcess ? [DebianPeer.Require("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        var data = folder.Combine("data");
        Directory.CreateDirectory(data);
        if (user.Length > 0)
        {
            (await ProcessRunner.RunAsync(["chown", "postgres:postgres", data]).ConfigureAwait(false)).RequireSuccess();
        }

        (await ProcessRunner.RunAsync(
            [.. user, Path.Combine(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "--no-instructions"],
            workingDirectory: folder.Path).ConfigureAwait(false)).RequireSuccess();
        // initdb lets in 127.0.0.1 alone; clients of a transparent gateway come from anywhere.
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), "host all all 127.0.0.0/8 trust\n").ConfigureAwait(false);
        string[] tls = certificate is null ? [] : await WriteCertificateAsync(data, certificate, user.Length > 0).ConfigureAwait(false);
        var port = FreePorts.Next();
        var process = ManagedProcess.Start(
            [.. user, Path.Combine(bin, "postgres"), "-D", data, "-p", $"{port}", "-k", data, "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", .. tls],
            workingDirectory: folder.Path);
        var peer = new PostgresPeer(process, folder, port);
        try
        {
            await process.WaitForLineAsync(
                l => l.Contains("ready to accept connections", StringComparison.Ordinal), "postgres ready", Eventually.StartTimeout)
                .ConfigureAwait(false);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs one statement through a port and gives what psql prints, unaligned and without headers.</summary>
    public static async Task<string> QueryAsync(int port, string sql) =>
        (await AskAsync($"host=127.0.0.1 port={port}", sql).ConfigureAwait(false)).RequireSuccess().StandardOutput.Trim();

    /// <summary>Runs one statement with a connection string of libpq's.</summary>
    public static Task<ProcessResult> AskAsync(string connection, string sql) =>
        ProcessRunner.RunAsync([DebianPeer.Require("psql"), "-d", $"{connection} user=postgres dbname=postgres", "-XAtc", sql]);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients.
        Process.Signal(ManagedProcess.SigInt);
        await Process.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }

    // PostgreSQL reads no key that others may read.
    private static async Task<string[]> WriteCertificateAsync(string data, TestCertificate certificate, bool isPrivileged)
    {
        var (path, key) = (Path.Combine(data, "server.crt"), Path.Combine(data, "server.key"));
        await File.WriteAllTextAsync(path, certificate.Certificate).ConfigureAwait(false);
        await File.WriteAllTextAsync(key, certificate.Key).ConfigureAwait(false);
        (await ProcessRunner.RunAsync(["chmod", "600", key]).ConfigureAwait(false)).RequireSuccess();
        if (isPrivileged)
        {
            (await ProcessRunner.RunAsync(["chown", "postgres:postgres", path, key]).ConfigureAwait(false)).RequireSuccess();
        }

        return ["-c", "ssl=on", "-c", $"ssl_cert_file={path}", "-c", $"ssl_key_file={key}"];
    }
}
