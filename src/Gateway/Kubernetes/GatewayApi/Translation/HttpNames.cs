using Gateway.Http.GatewayApi;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// The host names of an HTTPRoute at a port. A request belongs to the listener with the narrowest name that matches its host, and to the
/// routes of this listener alone (listener isolation): a route of a listener <c>*.example.com</c> gets no requests for a listener
/// <c>admin.example.com</c> of the same port, which may be another team's.
/// </summary>
/// <param name="Hosts">The names; empty: none is left. A name that is empty stands for all.</param>
/// <param name="NotHosts">Names of other listeners among these.</param>
/// <param name="Listeners">HTTPS: the names of all listeners of the port, if it has several.</param>
internal sealed record HttpNames(IReadOnlyList<string> Hosts, IReadOnlyList<string> NotHosts, IReadOnlyList<string> Listeners)
{
    /// <summary>Finds the names.</summary>
    /// <param name="attached">The route at listeners of one port.</param>
    /// <param name="port">All listeners of the port.</param>
    public static HttpNames Of(IReadOnlyList<Attachment> attached, IEnumerable<ListenerSlot> port)
    {
        ListenerSlot[] all = [.. port.Where(static slot => slot is { Rejection: null, Conflict: null })];
        string[] others =
            [.. all.Where(slot => !attached.Any(one => one.Slot == slot)).Select(static slot => slot.Hostname).Distinct()];
        string[] hosts =
        [
            .. attached.SelectMany(one => one.Names.Where(name => !others.Any(other =>
                IsNarrower(other, one.Slot.Hostname) && HostPattern.Covers(other, name)))).Distinct(),
        ];
        return new(
            hosts,
            [.. others.Where(other => hosts.Any(name => IsNarrower(other, name)))],
            all is [{ Mode: ListenerMode.Https }, _, ..] ? [.. all.Select(static slot => slot.Hostname)] : []);
    }

    private static bool IsNarrower(string name, string than) => name != than && HostPattern.Covers(than, name);
}
