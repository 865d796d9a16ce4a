using Gateway.Testing.Processes;

namespace Gateway.Testing.Network;

/// <summary>A captured TCP segment, as tcpdump prints it.</summary>
/// <param name="Flags">Such as <c>S</c>, <c>.</c> or <c>P.</c>.</param>
/// <param name="PayloadBytes">Bytes of payload.</param>
/// <param name="Hex">The packet from its IP header on, in upper-case hex.</param>
public sealed record CapturedSegment(string Flags, int PayloadBytes, string Hex);

/// <summary>tcpdump on an interface of a namespace: a reader of packets that we did not write.</summary>
public sealed class PacketCapture : IAsyncDisposable
{
    private readonly ManagedProcess _tcpdump;

    private PacketCapture(ManagedProcess tcpdump) => _tcpdump = tcpdump;

    /// <summary>Starts one, and returns once it listens.</summary>
    public static async Task<PacketCapture> StartAsync(NetworkNamespace inside, string device, string filter)
    {
        var tcpdump = Peers.DebianPeer.Require("tcpdump");
        var process = ManagedProcess.Start([.. inside.CommandPrefix, tcpdump, "-i", device, "-n", "-l", "-U", "--immediate-mode", "-x", filter]);
        await process.WaitForLineAsync(static line => line.StartsWith("listening on", StringComparison.Ordinal), "listening").ConfigureAwait(false);
        return new PacketCapture(process);
    }

    /// <summary>The segments so far whose addresses are printed like this, such as <c>192.0.2.1.80 &gt;</c>.</summary>
    public IReadOnlyList<CapturedSegment> Segments(string addresses)
    {
        var segments = new List<CapturedSegment>();
        var isWanted = false;
        foreach (var line in _tcpdump.Lines)
        {
            if (!line.StartsWith('\t'))
            {
                isWanted = line.Contains(addresses, StringComparison.Ordinal) && line.Contains("Flags [", StringComparison.Ordinal);
                if (isWanted)
                {
                    var flags = line.Split("Flags [")[1].Split(']')[0];
                    var length = line.Split("length ")[^1].Split(':')[0];
                    segments.Add(new CapturedSegment(flags, int.Parse(length, System.Globalization.CultureInfo.InvariantCulture), ""));
                }
            }
            else if (isWanted)
            {
                var bytes = line.Split(": ", 2)[1].Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
                segments[^1] = segments[^1] with { Hex = segments[^1].Hex + bytes };
            }
        }

        return segments;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _tcpdump.DisposeAsync();
}
