using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Http.Connections;
using Gateway.Http.Requests;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Listeners;

/// <summary>Starts a server with the application of the host.</summary>
internal delegate Task ServerStart(IServer server, CancellationToken cancellation);
