using System.Net;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Forwarded;

/// <summary>
/// Finds the client behind the hops that a listener trusts. X-Forwarded-For is read from the right: only the entries that trusted hops
/// appended count, because the client can invent everything to the left of them.
/// <list type="number">
/// <item>By networks (<see cref="ForwardedHeadersModel.TrustedProxies"/>): the walk starts at the connection's client. While the current
/// address is trusted, the walk takes the next entry to the left, because a trusted hop wrote it. The first address that is not trusted is
/// the client. If the header ends, if an entry is not an address, or after <see cref="MaxEntries"/>, the last address is the client.</item>
/// <item>By count (<see cref="ForwardedHeadersModel.TrustedHops"/> = N): the client is the Nth entry from the right, as in Envoy's edge.
/// The connection's client is the first of the N hops, and each hop appended one entry. If there are trusted networks, too, the
/// connection's client must be in one of them; otherwise nothing is counted. With fewer than N entries the request did not come through all
/// hops: the connection's client is the client, and the header is not trusted. If the Nth entry is not an address, the connection's client
/// is the client.</item>
/// </list>
/// Empty entries count, but are not addresses. Empty header lines are skipped.
/// </summary>
internal static class ForwardedForWalker
{
    /// <summary>
    /// The most entries that the walk takes. No real chain of proxies is longer, and an attacker could write thousands of entries to cost
    /// time. The server limits the bytes (32 KiB of headers).
    /// </summary>
    public const int MaxEntries = 64;

    /// <summary>Finds the client of a request.</summary>
    /// <param name="hop">The connection's client, unmapped.</param>
    /// <param name="forwardedFor">The lines of X-Forwarded-For as received.</param>
    /// <param name="model">The hops to trust.</param>
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
