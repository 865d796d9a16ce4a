// The table of contents: Hosting/CommandLine.cs picks a command; `run` builds the host (Hosting/GatewayHost.cs), which listens through
// Hosting/GatewayServer.cs, proxies HTTP through Http/ and TCP through Gateway.Tcp, and follows the file through Hosting/ConfigReloader.cs.
Gateway.Hosting.SocketCompletions.RunInline();
return await Gateway.Hosting.CommandLine.InvokeAsync(args);
