using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>OpenSSL's s_server, which answers HTTP over TLS, and its s_client.</summary>
public sealed class OpensslPeer : IAsyncDisposable
{
    private OpensslPeer(ManagedProcess process, int port) => (Process, Port) = (process, port);

    /// <summary>The process.</summary>
    public ManagedProcess Process { get; }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="pair">Its certificate and key.</param>
    /// <param name="arguments">More arguments of s_server.</param>
    public static async Task<OpensslPeer> StartAsync(PemPair pair, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(pair);
        var program = DebianPeer.Require("openssl");
        var port = FreePorts.Next();
        var peer = new OpensslPeer(
            ManagedProcess.Start(
                [program, "s_server", "-accept", $"127.0.0.1:{port}", "-cert", pair.Path, "-key", pair.KeyPath, "-www", .. arguments]),
            port);
        try
        {
            await peer.Process.WaitForLineAsync(static line => line.Contains("ACCEPT", StringComparison.Ordinal), "s_server ready", Eventually.StartTimeout)
                .ConfigureAwait(false);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs s_client against a port of 127.0.0.1 until the server closes.</summary>
    /// <param name="port">The port.</param>
    /// <param name="input">What it sends.</param>
    /// <param name="arguments">More arguments of s_client.</param>
    public static Task<ProcessResult> ConnectAsync(int port, string input, params string[] arguments) =>
        ProcessRunner.RunAsync([DebianPeer.Require("openssl"), "s_client", "-connect", $"127.0.0.1:{port}", "-ign_eof", .. arguments], input);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
