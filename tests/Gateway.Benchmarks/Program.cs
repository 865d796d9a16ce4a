using System.Globalization;
using BenchmarkDotNet.Running;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Micro;
using Gateway.Benchmarks.Peers;
using Gateway.Benchmarks.Run;

// tests/bench.sh starts it: `run` compares the gateway with its peers, `micro` times single methods, `plain-yarp` is one of the peers.
switch (args.FirstOrDefault())
{
    case "plain-yarp":
        await PlainYarpHost.RunAsync(args[1]);
        return 0;
    case "micro":
        BenchmarkSwitcher.FromTypes([typeof(CodecBenchmarks), typeof(RouteBenchmarks)]).Run(args[1..]);
        return 0;
    case "run":
        return Compare(Options(args));
    case "soak":
        return await SoakAsync(Options(args));
    default:
        Console.Error.WriteLine(
            "usage: run --gateway FILE [--other FILE] [--rounds N] [--seconds S] [--cells TEXT] [--json FILE] [--markdown FILE] "
                + "| soak --gateway FILE [--connections N] [--minutes M] | micro [--filter *]"
        );
        return 2;
}

static Dictionary<string, string> Options(string[] args)
{
    var options = new Dictionary<string, string>();
    for (var i = 1; i + 1 < args.Length; i += 2)
    {
        options[args[i]] = args[i + 1];
    }

    return options;
}

static async Task<int> SoakAsync(Dictionary<string, string> options)
{
    var directory = Directory.CreateTempSubdirectory("gateway-soak-").FullName;
    try
    {
        var connections = long.Parse(options.GetValueOrDefault("--connections", "2000000"), CultureInfo.InvariantCulture);
        var most = TimeSpan.FromMinutes(double.Parse(options.GetValueOrDefault("--minutes", "120"), CultureInfo.InvariantCulture));
        await new SoakRun(directory, options["--gateway"], connections, most).RunAsync();
        return 0;
    }
    finally
    {
        Directory.Delete(directory, recursive: true);
    }
}

static int Compare(Dictionary<string, string> options)
{
    var gateway = options["--gateway"];
    var rounds = int.Parse(options.GetValueOrDefault("--rounds", "5"), CultureInfo.InvariantCulture);
    var seconds = double.Parse(options.GetValueOrDefault("--seconds", "1"), CultureInfo.InvariantCulture);
    var only = options.GetValueOrDefault("--cells", "");
    bool Wanted(string name) => only.Split(',').Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));
    void Progress(string text) => Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {text}");

    var directory = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
    var configurations = new Configurations(directory, gateway, Environment.ProcessorCount);
    var backend = new Backend();
    backend.Listen(Configurations.EchoPort, Service.Echo);
    backend.Listen(Configurations.EchoAfterHeaderPort, Service.EchoAfterHeader);
    backend.Listen(Configurations.SinkPort, Service.Sink);
    backend.Listen(Configurations.UpgradePort, Service.Upgrade);
    backend.Start();

    var report = new Report();
    List<Proxy> all = [];
    try
    {
        Proxy Add(Proxy proxy)
        {
            all.Add(proxy);
            return proxy;
        }

        var ours = Add(configurations.Gateway(Report.Ours, 7100));
        List<Proxy> peers =
        [
            Add(configurations.Haproxy("haproxy 64k", 7200, splice: false)),
            Add(configurations.Haproxy("haproxy splice 256k", 7300, splice: true)),
            Add(configurations.Nginx("nginx 16k", 7400, "16k")),
            Add(configurations.Nginx("nginx 64k", 7500, "64k")),
            Add(configurations.Nginx("nginx 16k half-close", 8400, "16k", halfClose: true)),
        ];
        // Another build of the gateway, as one more row: what a change is worth, in pairs.
        List<Proxy> others = options.TryGetValue("--other", out var other)
            ? [Add(new Configurations(directory, other, Environment.ProcessorCount).Gateway("gateway, other build", 8500, withTls: false))]
            : [];
        List<Proxy> tcp = [configurations.Direct(), ours, .. others, .. peers];
        tcp.ForEach(static proxy => TcpRun.WaitFor(proxy.Plain));
        var names = peers.Select(static proxy => proxy.Name).ToList();

        // Code that is still being compiled is not what is measured: a cold gateway spends a third of its CPU on that.
        var run = new TcpRun(tcp, backend, rounds, seconds);
        if (Cell.All.Any(cell => Wanted(cell.Name)))
        {
            Progress("warm-up");
            run.WarmUp();
        }

        var cells = Cell.All.Where(cell => Wanted(cell.Name)).ToList();
        foreach (var (cell, rows) in run.Run(cells, Progress))
        {
            var (unit, cpuUnit, scale) = cell.Kind == SliceKind.Bulk ? ("GB/s", "s per GB", 1.0) : ("per s", "µs each", 1e6);
            report.Add(cell.Name, unit, cpuUnit, scale, rows, names, cell.SpeedGoal, cell.CpuGoal);
            if (cell.Kind == SliceKind.Short)
            {
                report.AddGoal(
                    rows,
                    [
                        .. names.Where(static name =>
                            name.StartsWith("haproxy", StringComparison.Ordinal) || name.EndsWith("half-close", StringComparison.Ordinal)),
                    ],
                    cell.SpeedGoal,
                    " among those that pass a half-close on");
            }
        }

        if (Wanted("memory"))
        {
            Progress("memory");
            report.AddFigures(
                "memory per idle relayed connection (5,000)",
                "bytes",
                [
                    .. tcp.Where(static proxy => !proxy.IsDirect)
                        .Select(proxy => (proxy.Name, IdleRun.BytesPerConnection(proxy, backend, 5000))),
                ]);
            report.AddFigures(
                "resident memory after that",
                "MB",
                [.. tcp.Where(static proxy => !proxy.IsDirect).Select(static proxy => (proxy.Name, proxy.ResidentBytes() / 1e6))]);
        }

        if (Wanted("by name"))
        {
            var hello = RealHello.For(Configurations.ServerName);
            List<Proxy> ways = [ours, ours.ByName("gateway, by name")];
            List<Cell> asked =
            [
                new($"short 16 with a ClientHello of {hello.Length} bytes, by name", SliceKind.Short, 16, false, 1, null) { Message = hello },
                new("ping-pong 50 of it, by name", SliceKind.PingPong, 50, false, 1, null) { Message = hello },
            ];
            foreach (var (cell, rows) in new TcpRun(ways, backend, rounds, seconds).Run(asked, Progress))
            {
                report.Add(cell.Name, "per s", "µs each", 1e6, rows, [], null, null);
            }
        }

        if (Wanted("routes"))
        {
            List<Proxy> routes =
            [
                Add(configurations.Gateway("1 route", 7600)),
                Add(configurations.Gateway("100 routes", 7700, 100)),
                Add(configurations.Gateway("10000 routes", 7800, 10_000)),
            ];
            routes.ForEach(static proxy => TcpRun.WaitFor(proxy.Plain));
            foreach (var (cell, rows) in new TcpRun(routes, backend, rounds, seconds).Run(
                    [Cell.All.First(static cell => cell.Kind == SliceKind.Short)],
                    static _ => { }))
            {
                report.Add($"{cell.Name}, by number of routes", "per s", "µs each", 1e6, rows, [], null, null);
            }
        }

        if (Wanted("limits"))
        {
            List<Proxy> ways =
            [
                Add(configurations.Gateway("no limits", 8600)),
                Add(configurations.Gateway("all limits", 8700, withLimits: true)),
            ];
            ways.ForEach(static proxy => TcpRun.WaitFor(proxy.Plain));
            ways.InsertRange(1, others);
            // First: later a process has the memory of what it has carried.
            report.AddFigures(
                "memory per idle relayed connection (5,000), by limits",
                "bytes",
                [.. ways.Select(proxy => (proxy.Name, IdleRun.BytesPerConnection(proxy, backend, 5000)))]);
            foreach (var (cell, rows) in new TcpRun(ways, backend, rounds, seconds).Run(
                    [.. Cell.All.Where(static cell => cell.Kind == SliceKind.Short)],
                    Progress))
            {
                report.Add($"{cell.Name}, by limits", "per s", "µs each", 1e6, rows, [], null, null);
                report.AddCpuGoal(rows[^1], rows[0], 1.1);
            }
        }

        if (Wanted("accept"))
        {
            List<Proxy> ways =
            [
                Add(configurations.Gateway("Linux, direct", 8100)),
                Add(configurations.Gateway("Linux, through Kestrel", 8200, extra: "\"Accept\": \"Kestrel\",")),
                Add(configurations.Gateway("Portable, through Kestrel", 8300, extra: "\"Engine\": \"Portable\",")),
            ];
            ways.ForEach(static proxy => TcpRun.WaitFor(proxy.Plain));
            foreach (var (cell, rows) in new TcpRun(ways, backend, rounds, seconds).Run(
                    [.. Cell.All.Where(static cell => cell.Name is "short 16" or "ping-pong 50" or "bulk 1")],
                    Progress))
            {
                report.Add($"{cell.Name}, by engine", "per s", "µs each", 1e6, rows, [], null, null);
            }
        }

        if (Wanted(ColdRun.Name))
        {
            Progress(ColdRun.Name);
            List<(string Name, Func<Proxy> Start)> cold =
            [
                (Report.Ours, () => configurations.Gateway("cold-gateway", 7900)),
                ("haproxy", () => configurations.Haproxy("cold-haproxy", 7900, splice: false)),
                ("nginx", () => configurations.Nginx("cold-nginx", 7900, "16k")),
            ];
            foreach (var (cell, rows) in new ColdRun(cold, backend, rounds).Run())
            {
                report.Add(cell.Name, "per s", "µs each", 1e6, rows, [cold[1].Name, cold[2].Name], cell.SpeedGoal, cell.CpuGoal);
            }
        }

        if (Wanted("start"))
        {
            Progress("start");
            double Start(Func<Proxy> start) => Statistics.Median(Enumerable.Range(0, rounds).Select(_ => IdleRun.SecondsToStart(start)));
            report.AddFigures("time from start to the first relayed byte", "s",
            [
                (Report.Ours, Start(() => configurations.Gateway("start-gateway", 7900))),
                ("haproxy", Start(() => configurations.Haproxy("start-haproxy", 7900, splice: false))),
                ("nginx", Start(() => configurations.Nginx("start-nginx", 7900, "16k"))),
            ]);
        }

        var httpCells = HttpCell.All.Where(cell => Wanted(cell.Name)).ToList();
        var webSockets = Cell.WebSockets.Where(cell => Wanted(cell.Name)).ToList();
        if (httpCells.Count > 0 || Wanted("tls"))
        {
            Add(configurations.StaticServer());
        }

        if (Wanted("tls"))
        {
            List<Proxy> ends = [ours, peers[0], peers[2]];
            var tlsRun = new TlsRun(ends, configurations, rounds, 2);
            Progress("tls warm-up");
            tlsRun.WarmUp();
            foreach (var (cell, peer, goal) in TlsRun.Cells)
            {
                Progress(cell);
                report.Add(cell, cell == "tls bulk" ? "MB/s" : "per s", "µs each", 1e6, tlsRun.Run(cell), [peer], goal, null);
            }

            Progress("tls memory");
            report.AddFigures(
                "memory per idle TLS connection (1,000)",
                "bytes",
                [.. ends.Select(static proxy => (proxy.Name, TlsRun.BytesPerConnection(proxy, 1000)))]);
        }

        if (httpCells.Count > 0 || webSockets.Count > 0)
        {
            var yarp = Add(Configurations.PlainYarp(8000));
            List<Proxy> http = [ours, .. others, yarp, peers[0], peers[2]];
            var httpRun = new HttpRun(http, [ours, .. others, peers[0]], httpCells, rounds, 2);
            Progress("http warm-up");
            httpRun.WarmUp();
            foreach (var (cell, rows) in httpRun.Run(Progress))
            {
                report.Add(cell.Name, "requests/s", "µs each", 1e6, rows, [yarp.Name], cell.OverYarp, null);
                if (cell.OverNginx is { } goal)
                {
                    report.AddGoal(rows, [peers[2].Name], goal);
                }

                if (others.Count > 0 && cell.CpuOverOther is { } cpuGoal)
                {
                    report.AddCpuGoal(rows[0], rows[1], cpuGoal);
                }

                if (others.Count > 0 && cell.PerSecond is not null)
                {
                    report.AddP99Goal(rows[0], rows[1]);
                }
            }

            foreach (var (cell, rows) in new TcpRun(http, backend, rounds, seconds).Run(webSockets, Progress))
            {
                report.Add(cell.Name, "per s", "µs each", 1e6, rows, [yarp.Name], cell.SpeedGoal, null);
            }
        }
    }
    finally
    {
        all.ForEach(static proxy => proxy.Dispose());
        Directory.Delete(directory, recursive: true);
    }

    var machine = Report.Machine();
    Console.WriteLine(machine);
    Console.WriteLine();
    Console.WriteLine(report.Text);
    if (options.TryGetValue("--json", out var json))
    {
        File.WriteAllText(json, report.ToJson(machine));
    }

    if (options.TryGetValue("--markdown", out var markdown))
    {
        // The manual keeps its own words above this heading.
        const string Heading = "## The last run\n";
        var text = File.Exists(markdown) ? File.ReadAllText(markdown) : "";
        var kept = text.IndexOf(Heading, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : "";
        var programs = machine.Replace(", HAProxy", ",\nHAProxy", StringComparison.Ordinal);
        File.WriteAllText(
            markdown,
            $"{kept}{Heading}\n{DateTime.UtcNow:yyyy-MM-dd}, {rounds} rounds. {programs}.\n\n{report.Text.TrimEnd()}\n");
    }

    return 0;
}
