using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>Short connections in the first seconds of a process: each round starts each proxy anew, and nothing is warmed up.</summary>
/// <param name="proxies">How each is started.</param>
/// <param name="backend">The servers behind them.</param>
/// <param name="rounds">How often.</param>
internal sealed class ColdRun(IReadOnlyList<(string Name, Func<Proxy> Start)> proxies, Backend backend, int rounds)
{
    public const string Name = "short 16, cold";

    // Some 20,000 connections.
    private const double Seconds = 1.5;

    private readonly Random _random = new(4);

    public IReadOnlyList<(Cell Cell, IReadOnlyList<Row> Rows)> Run()
    {
        List<Cell> cells =
        [
            new(Name, SliceKind.Short, 16, false, 1.0, 1.05),
            new($"{Name}, PROXY", SliceKind.Short, 16, true, 1.0, 1.05),
        ];
        return [.. cells.Select(cell => (cell, (IReadOnlyList<Row>)Run(cell)))];
    }

    private List<Row> Run(Cell cell)
    {
        var rows = proxies.Select(static proxy => new Row(proxy.Name)).ToList();
        for (var round = 0; round < rounds; round++)
        {
            var order = Enumerable.Range(0, proxies.Count).ToArray();
            _random.Shuffle(order);
            foreach (var index in order)
            {
                using var proxy = proxies[index].Start();
                TcpRun.WaitFor(proxy.Plain);
                var before = proxy.CpuSeconds();
                var request = new SliceRequest(cell.Kind, cell.PortOf(proxy), cell.Connections, cell.WithHeader, WarmUpSeconds: 0, Seconds);
                var result = new Client(request, backend).Run();
                rows[index].Speeds.Add(result.PerSecond);
                rows[index].CpuPerUnit.Add((proxy.CpuSeconds() - before) / result.TotalUnits);
                rows[index].P50.Add(result.P50Microseconds);
                rows[index].P99.Add(result.P99Microseconds);
                rows[index].Errors += result.Errors;
            }
        }

        return rows;
    }
}
