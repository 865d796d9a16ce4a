namespace Gateway.Tcp.Dnat;

/// <summary>A finding: connections of clients get no answer.</summary>
/// <param name="Listener">The listener.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Packets">The number of packets without an answer.</param>
/// <param name="HasLeft">True: the packets left this host. False: they were dropped on this host.</param>
internal sealed record AnswerFinding(string Listener, string Cluster, string Destination, long Packets, bool HasLeft);
