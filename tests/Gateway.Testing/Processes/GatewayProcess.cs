using System.Net;

namespace Gateway.Testing.Processes;

/// <summary>
/// The built Gateway executable with a configuration of its own: started, ready, watched, and known to have ended when disposed. Tests speak
/// to it only as an operator or a peer would: file, command line, sockets, signals, Admin paths, log lines.
/// </summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly HttpClient _http;
    private readonly bool _isInside;
    private int _looks;

    private GatewayProcess(ManagedProcess process, TemporaryFolder folder, string configPath, int adminPort, GatewayStart start)
    {
        Process = process;
        _folder = folder;
        ConfigPath = configPath;
        AdminPort = adminPort;
        _isInside = start.Inside is not null;
        _http = start.Inside?.CreateHttpClient() ?? new HttpClient();
        _http.Timeout = Eventually.DefaultTimeout;
    }

    /// <summary>The process.</summary>
    public ManagedProcess Process { get; }

    /// <summary>Its configuration file.</summary>
    public string ConfigPath { get; }

    /// <summary>The port of its Admin listener.</summary>
    public int AdminPort { get; }

    /// <summary>Starts it and returns once it says that it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended before it was ready; the message has what it printed.</exception>
    public static Task<GatewayProcess> StartAsync(ConfigFile config, GatewayStart? start = null)
    {
        var folder = new TemporaryFolder();
        return StartAsync(folder, folder.Write("appsettings.json", config.ToJson()), config.AdminPort, start);
    }

    /// <summary>Starts it with a file that is already in <paramref name="folder"/>.</summary>
    public static async Task<GatewayProcess> StartAsync(TemporaryFolder folder, string configPath, int adminPort, GatewayStart? start = null)
    {
        start ??= new GatewayStart();
        var process = ManagedProcess.Start(start.Command(configPath), start.Environment, folder.Path);
        var gateway = new GatewayProcess(process, folder, configPath, adminPort, start);
        try
        {
            await Eventually.TrueAsync(gateway.IsReadyAsync, "Gateway ready", Eventually.StartTimeout).ConfigureAwait(false);
            return gateway;
        }
        catch (TimeoutException)
        {
            var output = process.Output;
            await gateway.DisposeAsync().ConfigureAwait(false);
            throw new InvalidOperationException($"Gateway did not become ready. It printed:\n{output}");
        }
    }

    /// <summary>Starts it with a configuration that it must refuse, and gives its end.</summary>
    public static async Task<ProcessResult> RunToEndAsync(ConfigFile config, GatewayStart? start = null)
    {
        using var folder = new TemporaryFolder();
        start ??= new GatewayStart();
        return await ProcessRunner.RunAsync(
            start.Command(folder.Write("appsettings.json", config.ToJson())), environment: start.Environment).ConfigureAwait(false);
    }

    /// <summary>Rewrites its configuration in one step: half of a file would be refused, and the refusal counted and logged.</summary>
    public void Rewrite(ConfigFile config)
    {
        var next = ConfigPath + ".next";
        File.WriteAllText(next, config.ToJson());
        File.Move(next, ConfigPath, overwrite: true);
    }

    /// <summary>Rewrites its configuration and returns once that is live.</summary>
    public async Task ReloadAsync(ConfigFile config)
    {
        var before = await ReloadsAsync("succeeded").ConfigureAwait(false);
        Rewrite(config);
        await Eventually.TrueAsync(
            async () => await ReloadsAsync("succeeded").ConfigureAwait(false) > before, "configuration reloaded").ConfigureAwait(false);
    }

    /// <summary>gateway_config_reload_total for a result.</summary>
    public async Task<double> ReloadsAsync(string result) =>
        (await MetricsAsync().ConfigureAwait(false)).Sum("gateway_config_reload_total", ("result", result));

    /// <summary>GET on the Admin listener.</summary>
    public Task<HttpResponseMessage> AdminAsync(string path) => _http.GetAsync(new Uri($"http://127.0.0.1:{AdminPort}{path}"));

    /// <summary>The metrics now.</summary>
    public async Task<PrometheusText> MetricsAsync()
    {
        using var response = await AdminAsync("/metrics").ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? PrometheusText.Parse(text)
            : throw new HttpRequestException($"/metrics: {(int)response.StatusCode} {text}\nlog:\n{Process.Output}");
    }

    /// <summary>Waits until a metric, summed over the series that have these labels, satisfies <paramref name="accept"/>.</summary>
    public async Task<double> WaitForMetricAsync(string name, Func<double, bool> accept, params (string Name, string Value)[] labels)
    {
        PrometheusText? last = null;
        try
        {
            return await Eventually.GetAsync(
                async () => (last = await MetricsAsync().ConfigureAwait(false)).Sum(name, labels), accept, name).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} ({string.Join(',', labels)}); gateway's series:\n{last?.Only("gateway_")}\nlog:\n{Process.Output}", e);
        }
    }

    /// <summary>The access-log line, printed already or later, that has all of these words.</summary>
    public async Task<AccessLogLine> WaitForAccessAsync(params string[] words) =>
        AccessLogLine.Parse(await Process.WaitForLineAsync(
            l => AccessLogLine.Parse(l)?.Mentions(words) == true, $"access line with {string.Join(", ", words)}").ConfigureAwait(false))!;

    /// <summary>The log lines at Warning or above, without what Kestrel says of a machine that is too busy for it.</summary>
    public IReadOnlyList<string> Complaints() =>
    [
        .. Process.Lines.Where(static line =>
            LogLevels.IsComplaint(line) && !line.Contains("the heartbeat has been running for", StringComparison.Ordinal)),
    ];

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Process.Signal(ManagedProcess.SigTerm);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // A test that is done has nothing to drain, and a stop in order costs a tenth of a second of CPU. In a network namespace the
        // gateway may have rules to remove, which the next gateway there would find; the second signal ends it at once.
        Process.Signal(_isInside ? ManagedProcess.SigTerm : ManagedProcess.SigKill);
        Process.Signal(ManagedProcess.SigTerm);
        await Process.DisposeAsync().ConfigureAwait(false);
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        if (Process.HasExited)
        {
            throw new TimeoutException("It ended.");
        }

        // A refused connection costs the test's process CPU, and there would be fifty of them for each start. Where the log is switched
        // off, every tenth look asks nevertheless.
        if (++_looks % 10 != 0 && !Process.HasPrinted("Gateway.Host"))
        {
            return false;
        }

        try
        {
            using var response = await AdminAsync("/healthz/ready").ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return false;
        }
    }
}
