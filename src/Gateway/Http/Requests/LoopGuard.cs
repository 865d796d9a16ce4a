using Gateway.Http.Backends.Exchange;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Requests;

/// <summary>
/// Ends requests that go round through another proxy and come back, which nobody's address tells: each pass through a gateway adds an entry
/// to CDN-Loop (RFC 8586), and a request that has too many is answered with 508. A count rather than a mark of this process: a request may
/// pass a gateway twice on purpose (outside, a firewall, inside), and replicas behind one address take turns in a loop. CDN-Loop rather
/// than Via, at whose sight nginx and IIS stop to compress.
/// </summary>
internal static class LoopGuard
{
    /// <summary>The header.</summary>
    public const string Header = "CDN-Loop";

    /// <summary>The entry of one pass through a gateway.</summary>
    public const string Entry = "gateway";

    /// <summary>More passes than this are a loop: nobody chains ten gateways.</summary>
    public const int MostPasses = 10;

    /// <summary>Why such a request was not sent on.</summary>
    public static RequestRefusal Refusal { get; } = new("Loop", $"passed {MostPasses} gateways ({Header}): a destination leads back here");

    /// <summary>Whether a request has gone round.</summary>
    /// <param name="came">The header as it came.</param>
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
