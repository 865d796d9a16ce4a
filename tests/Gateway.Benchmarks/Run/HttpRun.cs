using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>The HTTP half, by wrk, or at a given rate: requests per second and CPU per request.</summary>
/// <param name="proxies">Who is compared.</param>
/// <param name="telling">Those of them that can tell an HTTP backend the client in a PROXY header.</param>
/// <param name="cells">What is measured.</param>
/// <param name="rounds">How often.</param>
/// <param name="seconds">How long each time.</param>
internal sealed class HttpRun(
    IReadOnlyList<Proxy> proxies, IReadOnlyList<Proxy> telling, IReadOnlyList<HttpCell> cells, int rounds, int seconds)
{
    // Two passes of 2 s per cell left the compiler with a fifth of the CPU.
    private const int WarmUpPasses = 3;

    private readonly Random _random = new(2);

    /// <summary>Until the runtimes have compiled what runs often: they start with code that is not yet optimized and replace it meanwhile.</summary>
    public void WarmUp()
    {
        for (var pass = 0; pass < WarmUpPasses; pass++)
        {
            foreach (var cell in cells)
            {
                foreach (var proxy in Of(cell))
                {
                    Measure(proxy, cell);
                }
            }
        }
    }

    public Dictionary<HttpCell, List<Row>> Run(Action<string> progress)
    {
        var table = new Dictionary<HttpCell, List<Row>>();
        foreach (var cell in cells)
        {
            progress(cell.Name);
            var compared = Of(cell);
            var rows = compared.Select(static proxy => new Row(proxy.Name)).ToList();
            table[cell] = rows;
            for (var round = 0; round <= rounds; round++)
            {
                var order = Enumerable.Range(0, compared.Count).ToArray();
                _random.Shuffle(order);
                foreach (var index in order)
                {
                    var before = compared[index].CpuSeconds();
                    var result = Measure(compared[index], cell);
                    if (round == 0)
                    {
                        continue;
                    }

                    rows[index].Speeds.Add(result.PerSecond);
                    rows[index].CpuPerUnit.Add((compared[index].CpuSeconds() - before) / result.Requests);
                    rows[index].P50.Add(result.P50);
                    rows[index].P99.Add(result.P99);
                    rows[index].Errors += result.Errors;
                }
            }
        }

        return table;
    }

    private IReadOnlyList<Proxy> Of(HttpCell cell) => cell.WithHeader ? telling : proxies;

    private WrkResult Measure(Proxy proxy, HttpCell cell) => cell.PerSecond is { } perSecond
        ? Paced(new PacedClient(proxy.Http, cell.Path, cell.Connections, perSecond).Run(seconds))
        : Wrk.Run($"http://127.0.0.1:{proxy.Http}{cell.Path}", cell.Connections, seconds, cell.Close);

    private static WrkResult Paced(SliceResult result) =>
        new(result.PerSecond, result.TotalUnits, result.Errors, result.P50Microseconds, result.P99Microseconds);
}
