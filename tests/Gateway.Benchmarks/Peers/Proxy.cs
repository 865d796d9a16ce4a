using System.Diagnostics;

namespace Gateway.Benchmarks.Peers;

/// <summary>A proxy under test: its process and its ports. The direct row has no process.</summary>
internal sealed class Proxy : IDisposable
{
    private const double TicksPerSecond = 100; // USER_HZ, fixed on Linux.

    private readonly Process? _process;
    private readonly bool _isView;

    public Proxy(string name, int basePort, ProcessStartInfo? start)
    {
        Name = name;
        Plain = basePort;
        Header = basePort + 1;
        Sink = basePort + 2;
        Http = basePort + 3;
        Tls = basePort + 4;
        Named = basePort + 5;
        if (start is null)
        {
            return;
        }

        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        // Drained, or a chatty proxy would stall on a full pipe; and shown, since a proxy that ends at once says why.
        _process.OutputDataReceived += Show;
        _process.ErrorDataReceived += Show;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private Proxy(Proxy other, string name)
    {
        (Name, _process, _isView) = (name, other._process, true);
        (Plain, Header, Sink, Http, Tls, Named) = (other.Named, other.Header, other.Sink, other.Http, other.Tls, other.Named);
    }

    public string Name { get; }

    /// <summary>To the echo server, with no PROXY header at all.</summary>
    public int Plain { get; }

    /// <summary>PROXY version 2 in, and a header out.</summary>
    public int Header { get; }

    /// <summary>To the sink.</summary>
    public int Sink { get; }

    /// <summary>HTTP to the static server.</summary>
    public int Http { get; }

    /// <summary>TLS that ends here, then TCP to the static server.</summary>
    public int Tls { get; }

    /// <summary>To the echo server by the name of a ClientHello (the gateway alone).</summary>
    public int Named { get; }

    public bool IsDirect => _process is null;

    /// <summary>The same process, where connections are routed by the name of a ClientHello.</summary>
    public Proxy ByName(string name) => new(this, name);

    /// <summary>CPU seconds of the process and its workers since they started.</summary>
    public double CpuSeconds() => Processes().Sum(static pid =>
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture)
            + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture)) / TicksPerSecond;
    });

    /// <summary>Resident bytes of the process and its workers, what they share counted once per share (PSS).</summary>
    public long ResidentBytes() => Processes().Sum(static pid => File.ReadLines($"/proc/{pid}/smaps_rollup")
        .Where(static line => line.StartsWith("Pss:", StringComparison.Ordinal))
        .Sum(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024));

    /// <summary>The open descriptors of the process.</summary>
    public int Descriptors() => Directory.GetFileSystemEntries($"/proc/{_process!.Id}/fd").Length;

    /// <summary>The threads of the process.</summary>
    public int Threads() => Directory.GetDirectories($"/proc/{_process!.Id}/task").Length;

    public void Dispose()
    {
        if (_isView)
        {
            return;
        }

        if (_process is { HasExited: false })
        {
            foreach (var pid in Processes())
            {
                using var one = Process.GetProcessById(pid);
                one.Kill();
            }

            _process.WaitForExit();
        }

        _process?.Dispose();
    }

    private void Show(object sender, DataReceivedEventArgs line)
    {
        if (!string.IsNullOrEmpty(line.Data) && !line.Data.Contains("[NOTICE]", StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"{Name}: {line.Data}");
        }
    }

    private List<int> Processes()
    {
        if (_process is null or { HasExited: true })
        {
            return [];
        }

        var children = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [_process.Id, .. children.Select(static pid => int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture))];
    }
}
