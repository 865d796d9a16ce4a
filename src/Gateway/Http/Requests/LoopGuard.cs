using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Requests;

/// <summary>
/// Ends requests that come back to the gateway through another proxy; addresses do not show such a loop. Each pass through a gateway adds
/// an entry to CDN-Loop (RFC 8586), and a request with too many entries gets 508. Entries are counted, and not a mark of this process, for
/// two reasons: a request may pass a gateway twice on purpose (outside, a firewall, inside), and replicas behind one address take turns in
/// a loop. The header is CDN-Loop and not Via, because nginx and IIS stop to compress when they see Via.
/// </summary>
internal static class LoopGuard
{
    /// <summary>The name of the header.</summary>
    public const string Header = "CDN-Loop";

    /// <summary>The entry of one pass through a gateway.</summary>
    public const string Entry = "gateway";

    /// <summary>So many passes are a loop, because nobody chains ten gateways.</summary>
    public const int MostPasses = 10;

    /// <summary>Why such a request was not sent on.</summary>
    public static RequestRefusal Refusal { get; } = new(
        CloseReason.Loop, "Loop", $"passed {MostPasses} gateways ({Header}): a destination leads back here");

    /// <summary>Whether a request is in a loop.</summary>
    /// <param name="came">The received header.</param>
    public static bool IsLooping(StringValues came)
    {
        var passes = 0;
        for (var i = 0; i < came.Count; i++)
        {
            var line = came[i].AsSpan();
            foreach (var range in line.Split(','))
            {
                // An entry may have parameters.
                var entry = line[range];
                var end = entry.IndexOf(';');
                passes += (end < 0 ? entry : entry[..end]).Trim(" \t").Equals(Entry, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            }
        }

        return passes >= MostPasses;
    }
}
