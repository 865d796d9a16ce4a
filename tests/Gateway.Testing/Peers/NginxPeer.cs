using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real nginx, as a backend behind.</summary>
public sealed class NginxPeer : IAsyncDisposable
{
    private const string StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";
    private readonly TemporaryFolder _folder;

    private NginxPeer(ManagedProcess process, TemporaryFolder folder)
    {
        Process = process;
        _folder = folder;
    }

    /// <summary>The process.</summary>
    public ManagedProcess Process { get; }

    /// <summary>Starts it with the inside of an http and of a stream block; returns once it accepts on <paramref name="port"/>.</summary>
    public static async Task<NginxPeer> StartAsync(int port, string http = "", string stream = "", NetworkNamespace? inside = null)
    {
        var program = DebianPeer.Require("nginx");
        if (stream.Length > 0 && !File.Exists(StreamModule))
        {
            Xunit.Assert.Skip("nginx's stream module is not installed (Debian package libnginx-mod-stream).");
        }

        var folder = new TemporaryFolder();
        var d = folder.Path;
        var config = folder.Write("nginx.conf", $$"""
            {{(stream.Length > 0 ? $"load_module {StreamModule};" : "")}}
            daemon off;
            master_process off;
            pid {{d}}/nginx.pid;
            error_log stderr notice;
            events { worker_connections 512; }
            http {
                access_log off;
                client_body_temp_path {{d}}/b; proxy_temp_path {{d}}/p; fastcgi_temp_path {{d}}/f; uwsgi_temp_path {{d}}/u; scgi_temp_path {{d}}/s;
                {{http}}
            }
            {{(stream.Length > 0 ? $"stream {{ {stream} }}" : "")}}
            """);
        var process = ManagedProcess.Start([.. inside?.CommandPrefix ?? [], program, "-p", d, "-e", "stderr", "-c", config]);
        var peer = new NginxPeer(process, folder);
        try
        {
            await process.WaitForLineAsync(
                l => l.Contains("OS: ", StringComparison.Ordinal), "nginx started", Eventually.StartTimeout)
                .ConfigureAwait(false);
            await Eventually.TrueAsync(
                () => process.HasExited ? throw new InvalidOperationException($"nginx ended:\n{process.Output}") : ListeningPorts.Has(port, process.Id), "nginx listens").ConfigureAwait(false);
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
