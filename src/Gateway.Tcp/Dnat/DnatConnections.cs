using System.Net;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Status;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The live connections that the kernel forwards: those to the ports of our listeners whose backend is one of the destinations that our
/// rules have had. Safe from any thread.
/// </summary>
internal sealed class DnatConnections
{
    // The most destinations that are remembered. The bound is there because names may get new addresses all the time. It is not worth
    // waiting for connections to addresses that are so old.
    private const int MostRemembered = 4096;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _ports = [];
    private readonly HashSet<IPEndPoint> _destinations = [];

    /// <summary>Adds what the kernel forwards from now on.</summary>
    /// <param name="ruleset">The rules in the kernel.</param>
    /// <param name="model">The model that they were made from.</param>
    public void Remember(DnatRuleset ruleset, DnatModel model)
    {
        lock (_lock)
        {
            if (_destinations.Count > MostRemembered)
            {
                _destinations.Clear();
            }

            _destinations.UnionWith(ruleset.Destinations);
            _ports.UnionWith(model.Listeners.Select(static entry => entry.Listener.EndPoint.Port));
        }
    }

    /// <summary>The number of connections; null: the kernel does not answer.</summary>
    public int? Count()
    {
        var (ports, destinations) = Copy();
        return ConntrackTable.CountForwarded(ports, destinations);
    }

    /// <summary>Lists connections. The kernel copies its whole table for that.</summary>
    /// <param name="question">Which ones.</param>
    /// <param name="model">The model in force, for the names.</param>
    /// <returns>The answer; of no connections if the kernel does not answer.</returns>
    public ForwardedAnswer List(ForwardedQuestion question, DnatModel model)
    {
        var (ports, destinations) = Copy();
        var list = new DnatList(question, model);
        return ConntrackTable.VisitForwarded(ports, destinations, list.Add) is { } total ? list.End(total) : ForwardedAnswer.None;
    }

    private (HashSet<int> Ports, HashSet<IPEndPoint> Destinations) Copy()
    {
        lock (_lock)
        {
            return ([.. _ports], [.. _destinations]);
        }
    }
}
