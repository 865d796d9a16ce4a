using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>
/// The TCP half: all proxies up at once, one-second slices in an order drawn anew each round, so that a machine that slows down for a while slows
/// everybody. CPU time is the proxy's own (and its workers'), over warm-up and measured time together.
/// </summary>
internal sealed class TcpRun(IReadOnlyList<Proxy> proxies, Backend backend, int rounds, double seconds)
{
    private const double ConnectPatienceSeconds = 20;

    // A fixed seed: two runs draw the same orders.
    private readonly Random _random = new(1);

    /// <summary>Waits until every proxy carries a connection.</summary>
    public static void WaitFor(int port)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect("127.0.0.1", port);
                socket.Send(new byte[64]);
                socket.ReceiveTimeout = 1000;
                if (socket.Receive(new byte[64]) > 0)
                {
                    return;
                }
            }
            catch (SocketException) when (clock.Elapsed.TotalSeconds < ConnectPatienceSeconds)
            {
            }

            if (clock.Elapsed.TotalSeconds > ConnectPatienceSeconds)
            {
                throw new InvalidOperationException($"nothing answers on port {port}");
            }
        }
    }

    /// <summary>Runs each kind of cell on each proxy until its code is compiled as far as it will be.</summary>
    public void WarmUp()
    {
        foreach (var proxy in proxies)
        {
            foreach (var cell in Cell.All.Where(static cell => cell.Connections <= 50))
            {
                _ = new Client(new SliceRequest(cell.Kind, cell.PortOf(proxy), cell.Connections, cell.WithHeader, Seconds: 1.5), backend).Run();
            }
        }
    }

    public Dictionary<Cell, List<Row>> Run(IReadOnlyList<Cell> cells, Action<string> progress)
    {
        var table = new Dictionary<Cell, List<Row>>();
        foreach (var cell in cells)
        {
            var rows = proxies.Select(static proxy => new Row(proxy.Name)).ToList();
            table[cell] = rows;
            progress(cell.Name);
            // Round 0 warms up code and buffers and is not counted.
            for (var round = 0; round <= rounds; round++)
            {
                var order = Enumerable.Range(0, proxies.Count).ToArray();
                _random.Shuffle(order);
                foreach (var index in order)
                {
                    Measure(cell, proxies[index], round == 0 ? null : rows[index]);
                }
            }
        }

        return table;
    }

    private void Measure(Cell cell, Proxy proxy, Row? row)
    {
        var before = proxy.CpuSeconds();
        var result = new Client(
            new SliceRequest(cell.Kind, cell.PortOf(proxy), cell.Connections, cell.WithHeader, Seconds: row is null ? 0.5 : seconds)
            {
                Message = cell.Message,
                WithUpgrade = cell.WithUpgrade,
            },
            backend).Run();
        // The last connections are still being closed; their cost belongs here, and stays the same for all.
        var cpu = proxy.CpuSeconds() - before;
        if (row is null)
        {
            return;
        }

        row.Speeds.Add(result.PerSecond / cell.UnitsPerRow);
        row.CpuPerUnit.Add(cpu / (result.TotalUnits / cell.UnitsPerRow));
        row.P50.Add(result.P50Microseconds);
        row.P99.Add(result.P99Microseconds);
        row.Errors += result.Errors;
    }
}
