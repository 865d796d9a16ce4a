using System.Globalization;
using System.Text.Json;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.Testing.Peers;

/// <summary>A real Prometheus that scrapes one target every second and evaluates a rules file as often.</summary>
public sealed class PrometheusPeer : IAsyncDisposable
{
    private readonly ManagedProcess _process;
    private readonly TemporaryFolder _folder;
    private readonly HttpClient _http;

    private PrometheusPeer(ManagedProcess process, TemporaryFolder folder, int port)
    {
        _process = process;
        _folder = folder;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Eventually.DefaultTimeout };
    }

    /// <summary>What it printed.</summary>
    public string Output => _process.Output;

    /// <summary>Starts it.</summary>
    /// <param name="target">The port on 127.0.0.1 whose <c>/metrics</c> it scrapes.</param>
    /// <param name="rules">The rules file.</param>
    public static async Task<PrometheusPeer> StartAsync(int target, string rules)
    {
        var program = DebianPeer.Require("prometheus");
        var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var file = folder.Write("prometheus.yml", $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [ {{JsonSerializer.Serialize(rules)}} ]
            scrape_configs: [ { job_name: gateway, static_configs: [ { targets: [ "127.0.0.1:{{target}}" ] } ] } ]
            """);
        var process = ManagedProcess.Start(
            [program, $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(folder.Path, "data")}", $"--web.listen-address=127.0.0.1:{port}"]);
        var peer = new PrometheusPeer(process, folder, port);
        try
        {
            await process.WaitForLineAsync(
                static line => line.Contains("ready to receive web requests", StringComparison.Ordinal), "Prometheus ready", Eventually.StartTimeout)
                .ConfigureAwait(false);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The values that an expression has now; one that it does not take is an exception with its words.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> QueryAsync(string expression)
    {
        using var answer = await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}").ConfigureAwait(false);
        return
        [
            .. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(static result => (
                (IReadOnlyDictionary<string, string>)result.GetProperty("metric").EnumerateObject().ToDictionary(static label => label.Name, static label => label.Value.GetString()!),
                double.Parse(result.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>Its rules: name, health (<c>ok</c>, <c>unknown</c> before the first evaluation, <c>err</c>), state (<c>inactive</c>, <c>pending</c>, <c>firing</c>), error.</summary>
    public async Task<IReadOnlyList<(string Name, string Health, string State, string Error)>> RulesAsync()
    {
        using var answer = await GetAsync("/api/v1/rules").ConfigureAwait(false);
        return
        [
            .. answer.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(static group => group.GetProperty("rules").EnumerateArray())
                .Select(static rule => (
                    rule.GetProperty("name").GetString()!, rule.GetProperty("health").GetString()!, rule.GetProperty("state").GetString()!,
                    rule.TryGetProperty("lastError", out var error) ? error.GetString()! : "")),
        ];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task<JsonDocument> GetAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative)).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        return response.IsSuccessStatusCode ? JsonDocument.Parse(text) : throw new InvalidOperationException($"{path}: {text}");
    }
}
