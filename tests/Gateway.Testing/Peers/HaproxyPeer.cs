using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real HAProxy, as the load balancer in front.</summary>
public sealed class HaproxyPeer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private HaproxyPeer(ManagedProcess process, TemporaryFolder folder)
    {
        Process = process;
        _folder = folder;
    }

    /// <summary>The process.</summary>
    public ManagedProcess Process { get; }

    /// <summary>
    /// Starts it with these sections (frontends, backends, listen); mode tcp and timeouts are given. Returns once it accepts.
    /// </summary>
    public static async Task<HaproxyPeer> StartAsync(string sections, NetworkNamespace? inside = null)
    {
        var program = DebianPeer.Require("haproxy");
        var folder = new TemporaryFolder();
        var ready = folder.Combine("ready.sock");
        var config = folder.Write("haproxy.cfg", $"""
            global
                maxconn 2000
                log stdout format raw local0
                stats socket {ready}
            defaults
                mode tcp
                log global
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            {sections}

            """);
        var process = ManagedProcess.Start([.. inside?.CommandPrefix ?? [], program, "-db", "-f", config]);
        var peer = new HaproxyPeer(process, folder);
        try
        {
            // It binds everything before it creates its stats socket's final name.
            await Eventually.TrueAsync(
                () => process.HasExited ? throw new InvalidOperationException($"haproxy ended:\n{process.Output}") : File.Exists(ready),
                "haproxy ready",
                Eventually.StartTimeout).ConfigureAwait(false);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }
}
