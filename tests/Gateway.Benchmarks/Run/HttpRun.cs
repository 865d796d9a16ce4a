using System.Diagnostics;
using System.Globalization;
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
                    Wrk(proxy.Http, cell.Path, cell.Connections, cell.Close);
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
                    var (perSecond, requests, errors) = Wrk(proxies[index].Http, cell.Path, cell.Connections, cell.Close);
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

    private (double PerSecond, double Requests, long Errors) Wrk(int port, string path, int connections, bool close)
    {
        List<string> arguments = ["-t1", $"-c{connections}", $"-d{seconds}s", $"http://127.0.0.1:{port}{path}"];
        if (close)
        {
            arguments.AddRange(["-H", "Connection: close"]);
        }

        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        var text = wrk.StandardOutput.ReadToEnd();
        wrk.WaitForExit();
        var perSecond = 0d;
        var requests = 0d;
        var errors = 0L;
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line.StartsWith("Requests/sec:", StringComparison.Ordinal))
            {
                perSecond = double.Parse(words[1], CultureInfo.InvariantCulture);
            }
            else if (line.Contains(" requests in ", StringComparison.Ordinal))
            {
                requests = double.Parse(words[0], CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("Non-2xx", StringComparison.Ordinal))
            {
                errors += long.Parse(words[^1], CultureInfo.InvariantCulture);
            }
        }

        return (perSecond, requests, errors);
    }
}
