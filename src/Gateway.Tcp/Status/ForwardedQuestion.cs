using System.Net;

namespace Gateway.Tcp.Status;

/// <summary>Which of the connections that the kernel forwards are asked for. All that is null matches any.</summary>
/// <param name="Client">The networks that may hold the client.</param>
/// <param name="Port">The client's port.</param>
/// <param name="Listener">The listener's name, whatever its case.</param>
/// <param name="Route">The route's name, whatever its case.</param>
/// <param name="Most">The most connections of the answer.</param>
public sealed record ForwardedQuestion(IPNetwork? Client, int? Port, string? Listener, string? Route, int Most);
