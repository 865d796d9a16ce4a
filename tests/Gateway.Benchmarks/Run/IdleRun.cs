using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>User-space memory per idle relayed connection, after one exchange each; and the time from start to the first relayed byte.</summary>
internal static class IdleRun
{
    public static double BytesPerConnection(Proxy proxy, Backend backend, int connections)
    {
        // Once for the pools and the code, once for the measurement.
        Close(Open(proxy, backend, connections / 5));
        var before = proxy.ResidentBytes();
        var open = Open(proxy, backend, connections);
        var after = proxy.ResidentBytes();
        Close(open);
        return (after - before) / (double)connections;
    }

    public static double SecondsToStart(Func<Proxy> start)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var proxy = start();
        TcpRun.WaitFor(proxy.Plain);
        return clock.Elapsed.TotalSeconds;
    }

    private static IReadOnlyList<LoadSocket> Open(Proxy proxy, Backend backend, int connections) =>
        new Client(new SliceRequest(SliceKind.Idle, proxy.Plain, connections), backend).OpenIdle();

    private static void Close(IReadOnlyList<LoadSocket> sockets)
    {
        foreach (var socket in sockets)
        {
            socket.Close(reset: true);
        }
    }
}
