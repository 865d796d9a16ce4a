using System.Net;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Admission;

/// <summary>
/// Admits the clients of one listener. It has the listener's counts, which outlive reloads, and the rules in force. Connections are counted
/// while the listener has limits of any kind; a limit that is lowered ends no connection. Safe from any thread.
/// </summary>
public sealed class ListenerAdmission
{
    private readonly PlaceCount _connections = new();
    private readonly ClientTable _clients;
    private volatile AdmissionRules? _rules;

    internal ListenerAdmission(TimeProvider time) => _clients = new ClientTable(time);

    /// <summary>The rules in force; null: every client is admitted, and nothing is counted.</summary>
    public AdmissionRules? Rules
    {
        get => _rules;
        internal set => _rules = value;
    }

    /// <summary>The number of connections that are counted now.</summary>
    internal int Connections => _connections.Count;

    /// <summary>The number of clients that are remembered.</summary>
    internal int Clients => _clients.Count;

    /// <summary>Admits a connection (null), or says why not.</summary>
    /// <param name="rules">The rules, as they were read from <see cref="Rules"/>.</param>
    /// <param name="client">The client that is counted; null: none, because the address is that of a proxy.</param>
    /// <param name="place">The place, which must be given back at the end of the connection; null: nothing is counted.</param>
    public Outcome? TryEnter(AdmissionRules rules, IPAddress? client, out AdmissionPlace? place)
    {
        ArgumentNullException.ThrowIfNull(rules);
        place = null;
        if (!rules.HasLimits)
        {
            return null;
        }

        AdmittedClient? counted = null;
        var refusal =
            client is not null && rules.PerClient is { } perClient
                ? _clients.TryEnter(perClient, client, _connections, rules.MaxConnections, out counted)
                : _connections.TryTake(rules.MaxConnections) ? null : AdmissionOutcomes.ListenerConnections;
        place = refusal is null ? new AdmissionPlace(_connections, counted) : null;
        return refusal;
    }

    /// <summary>
    /// Admits a request of a client whose connection is shared with other clients: counts it as a connection of the client, and not of the
    /// listener.
    /// </summary>
    /// <inheritdoc cref="TryEnter" path="/param"/>
    public Outcome? TryEnterShared(AdmissionRules rules, IPAddress client, out AdmissionPlace? place)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(client);
        place = null;
        if (rules.PerClient is not { } perClient)
        {
            return null;
        }

        var refusal = _clients.TryEnter(perClient, client, listener: null, mostOfListener: null, out var counted);
        place = refusal is null ? new AdmissionPlace(listener: null, counted) : null;
        return refusal;
    }
}
