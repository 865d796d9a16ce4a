using Microsoft.AspNetCore.Hosting.Server;

namespace Gateway.Listeners;

/// <summary>Starts a server with the application of the host.</summary>
internal delegate Task ServerStart(IServer server, CancellationToken cancellation);
