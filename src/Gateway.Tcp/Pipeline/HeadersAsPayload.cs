using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Routing;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Tells of PROXY headers that go to a backend as payload, because the listener has no policy and the backend gets no header of ours. Only
/// the first bytes that are passed on anyway are looked at; nothing is changed, kept or waited for. A header of which the first read has
/// less than a signature is not noticed: load balancers send theirs in one piece.
/// </summary>
internal sealed partial class HeadersAsPayload(PrologueMetrics metrics, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("Gateway.Warnings");

    // One line for each listener is enough, because what it tells of is a setting. The counter tells whether it goes on.
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a header of this connection's client is payload.</summary>
    public static bool MayPass(ConnectionRecord record) => record is { ProxyProtocol: null, SendsHeader: false };

    /// <summary>
    /// Looks at the first bytes that go to the backend. On the engine's thread; for nearly all protocols it is one compare.
    /// </summary>
    public void Look(ConnectionRecord record, ReadOnlySpan<byte> first)
    {
        if (first is [(byte)'P' or (byte)'\r', ..])
        {
            LookCloser(record, first);
        }
    }

    /// <summary>Forgets the listeners that a new model has no more, or with a policy: they get a line again if that is undone.</summary>
    public void Follow(TcpModel model)
    {
        foreach (var (listener, _) in _told)
        {
            if (model.Listeners.GetValueOrDefault(listener) is not { Policy: null })
            {
                _told.TryRemove(listener, out _);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookCloser(ConnectionRecord record, ReadOnlySpan<byte> first)
    {
        if (ProxySignature.VersionOf(ProxySignature.Match(first)) is not { } version)
        {
            return;
        }

        metrics.Headers.Passed(record.ListenerName, version);
        if (!_told.ContainsKey(record.ListenerName) && _told.TryAdd(record.ListenerName, true))
        {
            Log.Passed(_logger, record.ListenerName, version, record.Peer.Address, record.Route!.Name);
        }
    }

    private static partial class Log
    {
        // Most who see the line have a load balancer that sends PROXY to a listener that does not expect it, or a client that forges a
        // header. Only a backend that reads the header itself, and that no other client reaches, makes it right.
        [LoggerMessage(
            2113,
            LogLevel.Warning,
            "Listener {Listener}: a PROXY header ({Version}) of {Peer} goes to the backend of route {Route} as payload, because the "
                + "listener has no ProxyProtocol section. If that is the load balancer, add the section with its addresses in "
                + "TrustedProxies. If the backend reads the header itself, it believes any client that reaches this listener. This line "
                + "comes once for a listener; gateway_proxy_protocol_passed_total counts."
        )]
        public static partial void Passed(ILogger logger, string listener, ProxyVersion version, IPAddress peer, string route);
    }
}
