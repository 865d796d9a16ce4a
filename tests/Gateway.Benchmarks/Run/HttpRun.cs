using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>The HTTP half, by wrk: requests per second and CPU per request.</summary>
internal sealed class HttpRun(IReadOnlyList<Proxy> proxies, int rounds, int seconds)
{
    public static IReadOnlyList<(string Name, string Path, int Connections, bool Close)> Cells { get; } =
    [
        ("http keep-alive 64 B", "/small", 32, false),
        ("http 1 MB", "/1mb", 8, false),
        ("http connection per request", "/small", 16, true),
    ];

    // Two passes of 2 s per cell left the compiler with a fifth of the CPU.
    private const int WarmUpPasses = 3;

    private readonly Random _random = new(2);

    /// <summary>Until the runtimes have compiled what runs often: they start with code that is not yet optimized and replace it meanwhile.</summary>
    public void WarmUp()
    {
        for (var pass = 0; pass < WarmUpPasses; pass++)
        {
            foreach (var proxy in proxies)
            {
                foreach (var cell in Cells)
                {
                    Measure(proxy, cell);
                }
            }
        }
    }

    public Dictionary<string, List<Row>> Run(Action<string> progress)
    {
        var table = new Dictionary<string, List<Row>>();
        foreach (var cell in Cells)
        {
            progress(cell.Name);
            var rows = proxies.Select(static proxy => new Row(proxy.Name)).ToList();
            table[cell.Name] = rows;
            for (var round = 0; round <= rounds; round++)
            {
                var order = Enumerable.Range(0, proxies.Count).ToArray();
                _random.Shuffle(order);
                foreach (var index in order)
                {
                    var before = proxies[index].CpuSeconds();
                    var (perSecond, requests, errors) = Measure(proxies[index], cell);
                    if (round == 0)
                    {
                        continue;
                    }

                    rows[index].Speeds.Add(perSecond);
                    rows[index].CpuPerUnit.Add((proxies[index].CpuSeconds() - before) / requests);
                    rows[index].Errors += errors;
                }
            }
        }

        return table;
    }

    private WrkResult Measure(Proxy proxy, (string Name, string Path, int Connections, bool Close) cell) =>
        Wrk.Run($"http://127.0.0.1:{proxy.Http}{cell.Path}", cell.Connections, seconds, cell.Close);
}
