using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Testing.Processes;

/// <summary>
/// A headless Chromium (Debian: chromium) with one page, driven by the DevTools protocol over its WebSocket. It collects what the page
/// complains of: console errors, exceptions, violations of the Content-Security-Policy.
/// </summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly ManagedProcess _process;
    private readonly TemporaryFolder _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _complaints = [];
    private int _last;

    private Chromium(ManagedProcess process, TemporaryFolder folder) => (_process, _folder) = (process, folder);

    /// <summary>Where it is; null: it is not installed.</summary>
    public static string? Path => Array.Find(Paths, File.Exists);

    /// <summary>What the page complained of so far.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>Starts it with an empty page.</summary>
    public static async Task<Chromium> StartAsync()
    {
        var folder = new TemporaryFolder();
        var process = ManagedProcess.Start(
            [
                Path!, "--headless=new", "--remote-debugging-port=0", $"--user-data-dir={folder.Path}/profile", "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-sync",
                "--window-size=1400,900", "about:blank",
            ],
            new Dictionary<string, string>(),
            folder.Path);
        var browser = new Chromium(process, folder);
        try
        {
            await browser.ConnectAsync().ConfigureAwait(false);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens an address.</summary>
    public Task OpenAsync(Uri address) => SendAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });

    /// <summary>The value of an expression in the page, as text; empty for undefined.</summary>
    public async Task<string> EvaluateAsync(string expression)
    {
        var answer = await SendAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true }).ConfigureAwait(false);
        return answer["result"]?["value"]?.ToString() ?? "";
    }

    /// <summary>Waits until an expression is true in the page.</summary>
    public Task WaitForAsync(string expression) =>
        Eventually.TrueAsync(async () => await EvaluateAsync($"Boolean({expression})").ConfigureAwait(false) == "true", expression);

    /// <summary>Writes into a field, as somebody who types.</summary>
    public Task TypeAsync(string selector, string text) => EvaluateAsync(
        $"(() => {{ const field = document.querySelector({JsonSerializer.Serialize(selector)}); "
            + $"field.value = {JsonSerializer.Serialize(text)}; "
            + "field.dispatchEvent(new Event('input', { bubbles: true })); })()");

    /// <summary>Makes the screen as wide as a phone's.</summary>
    public Task BecomePhoneAsync() => SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject
    {
        ["width"] = 390,
        ["height"] = 844,
        ["deviceScaleFactor"] = 1,
        ["mobile"] = true,
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Signal(ManagedProcess.SigTerm);
        await _process.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }

    private async Task ConnectAsync()
    {
        var line = await _process.WaitForLineAsync(
            static line => line.StartsWith("DevTools listening on ", StringComparison.Ordinal), "DevTools", Eventually.StartTimeout)
            .ConfigureAwait(false);
        var browser = new Uri(line["DevTools listening on ".Length..].Trim());
        using var http = new HttpClient();
        string? page = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var targets = JsonNode.Parse(
                    await http.GetStringAsync(new Uri($"http://{browser.Authority}/json")).ConfigureAwait(false))!.AsArray();
                page = targets.FirstOrDefault(static target => target!["type"]!.ToString() == "page")?["webSocketDebuggerUrl"]!.ToString();
                return page is not null;
            },
            "a page",
            Eventually.StartTimeout).ConfigureAwait(false);
        await _socket.ConnectAsync(new Uri(page!), CancellationToken.None).ConfigureAwait(false);
        foreach (var domain in new[] { "Page", "Runtime", "Log" })
        {
            await SendAsync($"{domain}.enable", []).ConfigureAwait(false);
        }
    }

    // One question at a time. Events that come before the answer are looked at on the way.
    private async Task<JsonNode> SendAsync(string method, JsonObject parameters)
    {
        var number = ++_last;
        var message = new JsonObject { ["id"] = number, ["method"] = method, ["params"] = parameters };
        using var deadline = new CancellationTokenSource(Eventually.DefaultTimeout);
        await _socket.SendAsync(
            Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, deadline.Token).ConfigureAwait(false);
        while (true)
        {
            var answer = await ReceiveAsync(deadline.Token).ConfigureAwait(false);
            if (answer["id"]?.GetValue<int>() == number)
            {
                return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer["error"]}");
            }

            Note(answer);
        }
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellation)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16384];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }

    private void Note(JsonNode message)
    {
        var complaint = message["method"]?.ToString() switch
        {
            "Runtime.exceptionThrown" => message["params"]!["exceptionDetails"]!.ToJsonString(),
            "Runtime.consoleAPICalled" when message["params"]!["type"]!.ToString() is "error" or "warning" =>
                message["params"]!["args"]!.ToJsonString(),
            "Log.entryAdded" when message["params"]!["entry"]!["level"]!.ToString() is "error" or "warning" =>
                message["params"]!["entry"]!.ToJsonString(),
            _ => null,
        };
        if (complaint is not null)
        {
            _complaints.Add(complaint);
        }
    }
}
