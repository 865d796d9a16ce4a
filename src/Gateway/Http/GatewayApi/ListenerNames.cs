namespace Gateway.Http.GatewayApi;

/// <summary>
/// The host names of an HTTPS port's listeners. A client may send requests for several hosts on one connection if the certificate is for
/// all of them (RFC 9113, 9.1.1). The listener of another name may have another certificate and another owner: a request for it is
/// misdirected, and its client tries again on a connection of its own.
/// </summary>
internal sealed class ListenerNames
{
    // The narrowest first: names, then wildcards, the longer the earlier, then the empty name, which stands for all.
    private readonly string[] _names;

    /// <summary>Sorts names.</summary>
    public ListenerNames(IEnumerable<string> names) => _names =
    [
        .. names.OrderBy(static name => name.Length == 0 || HostPattern.IsWildcard(name)).ThenByDescending(static name => name.Length),
    ];

    /// <summary>Whether a request belongs to another listener than the handshake of its connection.</summary>
    /// <param name="serverName">The name of the handshake; empty: it had none, and says nothing.</param>
    /// <param name="host">The host of the request.</param>
    public bool AreDifferent(string serverName, string host) =>
        _names.Length > 1
        && serverName.Length > 0
        && !serverName.Equals(host, StringComparison.OrdinalIgnoreCase)
        && Narrowest(host) is { } asked
        && asked != Narrowest(serverName);

    private string? Narrowest(string host) => Array.Find(_names, name => HostPattern.Covers(name, host));
}
