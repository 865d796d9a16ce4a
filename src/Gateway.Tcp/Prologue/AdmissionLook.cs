using Gateway.Tcp.Admission;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// Admits the client of a connection by the listener's <c>Access</c> and <c>Limits</c>, once the client is known, and before anything is
/// done for it. A trusted proxy or health checker that names no client is not a client: only the limit of the whole listener holds for it,
/// because its address may stand for all clients.
/// </summary>
internal sealed class AdmissionLook : IPrologueLook
{
    public ValueTask<bool> LookAsync(AcceptedConnection connection) =>
        new(connection.Admission is not { Rules: { } rules } admission || IsAdmitted(connection, admission, rules));

    private static bool IsAdmitted(AcceptedConnection connection, ListenerAdmission admission, AdmissionRules rules)
    {
        var client = connection.HasOneClient ? connection.Identity!.Client.Address : null;
        var refusal = rules.Access?.CheckCaller(connection.Identity!.Tlvs.Span) ?? (client is null ? null : rules.Access?.Check(client));
        if (refusal is null)
        {
            refusal = admission.TryEnter(rules, IsProxy(connection) ? null : client, out var place);
            connection.Place = place;
        }

        return refusal is not { } outcome || connection.Refuse(outcome);
    }

    private static bool IsProxy(AcceptedConnection connection) =>
        connection.Identity is { Source: IdentitySource.Socket, Peer.Address: var peer }
        && (connection.ProxyProtocol?.Classify(peer) is PeerClass.Trusted or PeerClass.HealthChecker
            || connection.Toa?.Trusts(peer) == true);
}
