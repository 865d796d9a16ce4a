using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends.Clients;

/// <summary>The engine's loops, each of which has an HTTP client of its own.</summary>
/// <param name="All">The loops; empty: the engine has none, and .NET's sockets carry all HTTP.</param>
internal sealed record HttpLoops(IReadOnlyList<EngineLoop> All);
