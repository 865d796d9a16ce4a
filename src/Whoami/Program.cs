using System.Runtime.InteropServices;
using Whoami;

if (!WhoamiCommandLine.TryParse(args, out var command))
{
    Console.Error.WriteLine(command.Error);
    Console.Error.WriteLine("Try: Whoami --help");
    return 1;
}

if (command.Help || (command.Http is null && command.Tcp is null))
{
    Console.WriteLine(WhoamiCommandLine.Usage);
    return 0;
}

var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await using var http = command.Http is { } httpEndPoint ? await WhoamiHttp.StartAsync(httpEndPoint) : null;
    await using var tcp = command.Tcp is { } tcpEndPoint ? WhoamiTcp.Start(tcpEndPoint) : null;
    if (http is not null)
    {
        Console.WriteLine($"HTTP on {http.EndPoint}");
    }

    if (tcp is not null)
    {
        Console.WriteLine($"TCP  on {tcp.EndPoint}");
    }

    await stopped.Task;
    return 0;
}
catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stopped.TrySetResult();
}
