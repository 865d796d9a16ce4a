using System.Diagnostics;
using System.Globalization;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>
/// Short connections by the million, each of another client, while the file is reloaded, a dead destination is left out and tried again,
/// and limits are on. What the process holds afterwards is what it held before.
/// </summary>
/// <param name="directory">For the configuration.</param>
/// <param name="gateway">The executable.</param>
/// <param name="connections">How many.</param>
/// <param name="most">How long at most.</param>
internal sealed class SoakRun(string directory, string gateway, long connections, TimeSpan most)
{
    private const int EchoAfterHeader = 7001;
    private const int Nobody = 7009;
    private const int Listener = 7100;
    private const int Probes = 7101;
    private const int AtOnce = 32;
    private const double SliceSeconds = 5;
    private const int WarmUpSlices = 8;

    private static readonly TimeSpan ReloadInterval = TimeSpan.FromSeconds(2);
    private static readonly string[] Told =
    [
        "gateway_tcp_connection_active", "gateway_tcp_connection_opened_total", "gateway_tcp_connection_closed_total",
        "gateway_tcp_connection_rejected_total", "gateway_destination_ejections_total", "gateway_config_reload_total",
        "gateway_destination_connection_active", "gateway_listener_connection_count", "gateway_route_connection_count",
        "dotnet_gc_last_collection_heap_size_bytes", "dotnet_timer_count",
    ];

    private int _reloads;

    /// <summary>Runs, and prints a line for each slice, and the metrics before and after.</summary>
    public async Task RunAsync()
    {
        var backend = new Backend();
        backend.Listen(EchoAfterHeader, Service.EchoAfterHeader);
        backend.Start();
        var file = Path.Combine(directory, "soak.json");
        Write(file);
        using var proxy = new Proxy("gateway", Listener, new ProcessStartInfo(gateway, ["run", "--config", file]));
        using var client = new HttpClient();
        while (!await IsReadyAsync(client))
        {
            await Task.Delay(100);
        }

        // The first slices are not counted: pools and code.
        for (var slice = 0; slice < WarmUpSlices; slice++)
        {
            Slice(backend);
        }

        await Task.Delay(TimeSpan.FromSeconds(3));
        Tell("before", 0, 0, proxy);
        await TellMetricsAsync(client);
        using var stop = new CancellationTokenSource();
        var reloading = ReloadAsync(file, stop.Token);
        var (done, errors) = (0L, 0L);
        var began = Stopwatch.GetTimestamp();
        while (done < connections && Stopwatch.GetElapsedTime(began) < most)
        {
            var slice = Slice(backend);
            done += (long)slice.TotalUnits;
            errors += slice.Errors;
            Tell("under load", done, errors, proxy);
        }

        await stop.CancelAsync();
        await reloading;
        foreach (var seconds in new[] { 5, 25 })
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            Tell($"{seconds} s idle", done, errors, proxy);
        }

        Console.WriteLine($"files written: {_reloads}");
        await TellMetricsAsync(client);
    }

    private static async Task TellMetricsAsync(HttpClient client)
    {
        foreach (var line in (await client.GetStringAsync($"http://127.0.0.1:{Probes}/metrics")).Split('\n'))
        {
            if (Told.Any(name => line.StartsWith(name, StringComparison.Ordinal)) && !line.EndsWith(" 0", StringComparison.Ordinal))
            {
                Console.WriteLine(line);
            }
        }
    }

    private static SliceResult Slice(Backend backend) => new Client(
        new SliceRequest(SliceKind.Short, Listener, AtOnce, WithHeader: true, WarmUpSeconds: 0, SliceSeconds) { ManyClients = true },
        backend).Run();

    private static void Tell(string when, long done, long errors, Proxy proxy) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTime.UtcNow:HH:mm:ss} {when}: connections {done}, errors {errors}, PSS {proxy.ResidentBytes() / 1e6:0.0} MB, "
            + $"descriptors {proxy.Descriptors()}, threads {proxy.Threads()}, CPU {proxy.CpuSeconds():0.0} s"));

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            return (await client.GetAsync($"http://127.0.0.1:{Probes}/healthz/ready")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task ReloadAsync(string file, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(ReloadInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _reloads++;
            Write(file);
        }
    }

    private void Write(string file)
    {
        var text = $$"""
            {
              "Listeners": {
                "in": {
                  "Address": "127.0.0.1:{{Listener}}", "Protocol": "Tcp", "ProxyProtocol": { "TrustedProxies": [ "127.0.0.0/8" ] },
                  "Limits": { "MaxConnections": 5000, "PerClient": { "MaxConnections": 10, "ConnectionsPerSecond": 100, "Burst": 100 } },
                  "Access": { "Deny": [ "192.0.2.{{_reloads % 250}}/32" ] }
                }
              },
              "TcpProxy": {
                "Routes": {
                  "in": {
                    "Listener": "in", "ClusterId": "c", "SourceIp": { "Mode": "ProxyProtocol" }, "IdleTimeout": "{{5 + (_reloads % 50)}}m",
                    "MaxDuration": "1h", "MaxDurationJitter": 0.5, "Limits": { "MaxConnections": 4000, "BytesPerSecondToClient": 1000000 }
                  }
                },
                "Clusters": {
                  "c": {
                    "Destinations": {
                      "good": { "Address": "127.0.0.1:{{EchoAfterHeader}}", "MaxConnections": 3000 },
                      "dead": { "Address": "127.0.0.1:{{Nobody}}" },
                      "new-{{_reloads % 7}}": { "Address": "127.0.0.1:{{EchoAfterHeader}}" }
                    },
                    "LoadBalancingPolicy": "{{(_reloads % 2 == 0 ? "LeastRequests" : "PowerOfTwoChoices")}}",
                    "Queue": { "MaxLength": 100 },
                    "HealthCheck": { "Passive": { "Enabled": true, "Failures": 2, "EjectionTime": "1s" } }
                  }
                }
              },
              "ReverseProxy": { },
              "Probes": { "Address": "127.0.0.1:{{Probes}}" },
              "Admin": null,
              "Logging": { "LogLevel": { "Default": "Error", "Gateway.Access": "None" } }
            }
            """;
        // As an editor saves: the file is never seen half-written.
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }
}
