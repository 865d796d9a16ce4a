using System.Net.Sockets;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real Varnish: in front, where it passes every request on with a PROXY header, or behind, where it reads the header.</summary>
public sealed class VarnishPeer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly ManagedProcess _process;

    private readonly HttpClient _http;

    private VarnishPeer(ManagedProcess process, TemporaryFolder folder)
    {
        (_process, _folder) = (process, folder);
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancellation) => ConnectAsync(cancellation) }) { Timeout = Eventually.DefaultTimeout };
    }

    // It takes requests here: its clients have no address.
    private string SocketPath => _folder.Combine("in.sock");

    /// <summary>Starts it in front of a port of 127.0.0.1; returns once it listens.</summary>
    /// <param name="port">The gateway's.</param>
    /// <param name="version">Of the PROXY header.</param>
    public static Task<VarnishPeer> StartAsync(int port, int version) => StartAsync(
        $$"""
        backend gateway { .host = "127.0.0.1"; .port = "{{port}}"; .proxy_header = {{version}}; }
        sub vcl_recv { return (pass); }
        """);

    /// <summary>Starts it as a server on a port of 127.0.0.1 where each connection begins with a PROXY header.</summary>
    /// <param name="port">The port.</param>
    /// <param name="answer">An expression of VCL, what it answers to every request; the module proxy can be used.</param>
    public static Task<VarnishPeer> StartBehindAsync(int port, string answer) => StartAsync(
        $$"""
        import proxy;
        backend none none;
        sub vcl_recv { return (synth(200)); }
        sub vcl_synth { synthetic({{answer}}); return (deliver); }
        """,
        "-a",
        $"127.0.0.1:{port},PROXY");

    private static async Task<VarnishPeer> StartAsync(string subroutines, params string[] arguments)
    {
        var program = DebianPeer.Require("varnishd");
        var folder = new TemporaryFolder();
        var vcl = folder.Write("own.vcl", $"vcl 4.1;\n{subroutines}\n");
        var peer = new VarnishPeer(
            ManagedProcess.Start([program, "-F", "-j", "none", "-n", folder.Combine("work"), "-a", $"u={folder.Combine("in.sock")}", "-f", vcl, "-s", "malloc,8M", .. arguments]), folder);
        try
        {
            await Eventually.TrueAsync(
                async () => peer._process.HasExited ? throw new InvalidOperationException($"varnishd ended:\n{peer._process.Output}") : await peer.AcceptsAsync().ConfigureAwait(false),
                "varnish ready",
                Eventually.StartTimeout).ConfigureAwait(false);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What it answers to a request.</summary>
    public Task<string> GetAsync(string path) => _http.GetStringAsync(new Uri($"http://example.org{path}"));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }

    // The socket's file is there before its worker listens.
    private async Task<bool> AcceptsAsync()
    {
        try
        {
            await using var stream = await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
