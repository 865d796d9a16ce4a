using System.Net;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Forwarded;

/// <summary>
/// Finds the client behind the hops that a listener trusts. X-Forwarded-For is read from the right: only what trusted hops appended counts,
/// everything to the left of it can be the client's own invention.
/// <list type="number">
/// <item>By networks (<see cref="ForwardedHeadersModel.TrustedProxies"/>): starts at the connection's client. While the address at hand is
/// trusted, the next entry to the left is taken, because a trusted hop wrote it. The first address that is not trusted is the client; so is
/// the last one if the header ends, if an entry is not an address, or after <see cref="MaxEntries"/>.</item>
/// <item>By count (<see cref="ForwardedHeadersModel.TrustedHops"/> = N): the Nth entry from the right, as Envoy's edge does: the
/// connection's client is the first of the N, each of them appended one entry. Where there are trusted networks, too, it has to be in one
/// of them, or nothing is counted. With fewer than N entries the connection did not come through all of them:
/// the connection's client is the client and the header is not believed. An entry that is not an address: the connection's client.</item>
/// </list>
/// Entries that are empty count, and are no addresses. Empty header lines do not exist.
/// </summary>
internal static class ForwardedForWalker
{
    /// <summary>
    /// No chain of proxies is longer; whoever writes thousands of entries wants the walk to cost time. The server bounds the bytes (32 KiB
    /// of headers).
    /// </summary>
    public const int MaxEntries = 64;

    /// <summary>Derives who sent a request.</summary>
    /// <param name="hop">The connection's client, unmapped.</param>
    /// <param name="forwardedFor">The lines of X-Forwarded-For as they came.</param>
    /// <param name="model">Whom to trust.</param>
    public static ClientIdentity Find(IPAddress hop, StringValues forwardedFor, ForwardedHeadersModel model)
    {
        if (!model.MayKnowMore(hop))
        {
            return new ClientIdentity { Client = hop, Hop = hop };
        }
        return model.TrustedHops > 0
            ? FindByCount(hop, new Entries(forwardedFor), model.TrustedHops)
            : new ClientIdentity { Client = FindByNetworks(hop, new Entries(forwardedFor), model), Hop = hop, IsHopTrusted = true };
    }

    private static IPAddress FindByNetworks(IPAddress hop, Entries entries, ForwardedHeadersModel model)
    {
        var client = hop;
        for (var walked = 0; walked < MaxEntries && entries.MoveLeft(); walked++)
        {
            if (!ForwardedForEntry.TryParse(entries.Current, out var address))
            {
                break;
            }
            client = address;
            if (!model.IsTrusted(address))
            {
                break;
            }
        }
        return client;
    }

    private static ClientIdentity FindByCount(IPAddress hop, Entries entries, int hops)
    {
        for (var i = 0; i < hops; i++)
        {
            if (!entries.MoveLeft())
            {
                return new ClientIdentity { Client = hop, Hop = hop };
            }
        }
        return new ClientIdentity
        {
            Client = ForwardedForEntry.TryParse(entries.Current, out var client) ? client : hop,
            Hop = hop,
            IsHopTrusted = true,
        };
    }

    /// <summary>The comma-separated entries of all lines, from the last to the first.</summary>
    private ref struct Entries(StringValues lines)
    {
        private readonly StringValues _lines = lines;
        private int _line = lines.Count;
        private ReadOnlySpan<char> _rest;
        private bool _hasRest;

        public ReadOnlySpan<char> Current { get; private set; }

        public bool MoveLeft()
        {
            while (!_hasRest)
            {
                if (--_line < 0)
                {
                    return false;
                }
                _rest = _lines[_line].AsSpan().Trim(" \t");
                _hasRest = !_rest.IsEmpty;
            }
            var comma = _rest.LastIndexOf(',');
            Current = _rest[(comma + 1)..].Trim(" \t");
            _hasRest = comma >= 0;
            _rest = _hasRest ? _rest[..comma] : default;
            return true;
        }
    }
}
