namespace Gateway.Tcp.Dnat;

/// <summary>Connections of clients get no answer.</summary>
/// <param name="Listener">The listener.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Packets">How many packets got none.</param>
/// <param name="HasLeft">They left this host; else they were dropped on it.</param>
internal sealed record AnswerFinding(string Listener, string Cluster, string Destination, long Packets, bool HasLeft);
