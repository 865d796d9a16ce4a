// The table of contents: Commands/CommandLine.cs picks a command; `run` builds the host (Hosting/GatewayHost.cs), which listens through
// Hosting/GatewayServer.cs, proxies HTTP through Http/ and TCP through Gateway.Tcp, and follows the file through Hosting/ConfigReloader.cs.
Gateway.Listeners.SocketCompletions.RunInline();
return await Gateway.Commands.CommandLine.InvokeAsync(args);
