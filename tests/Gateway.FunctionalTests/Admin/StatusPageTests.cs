using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The status page in a real browser.</summary>
public sealed class StatusPageTests(AdminGateway admin) : IClassFixture<AdminGateway>
{
    [Fact]
    public async Task Page_InChromium_ShowsWhoIsConnectedAsText()
    {
        Assert.SkipWhen(Chromium.Path is null, "chromium is not installed (Debian: chromium).");
        using var one = await admin.ConnectAsync("203.0.113.7");
        using var other = await admin.ConnectAsync("203.0.113.8");
        using var evil = await admin.RequestAsync("198.51.100.66", "/<img/src=x/onerror=alert(1)><script>document.title='owned'</script>");
        await using var browser = await Chromium.StartAsync();
        await browser.OpenAsync(admin.Root);

        // The clients of PROXY headers and of X-Forwarded-For are in the table, and what a client wrote is text.
        await browser.WaitForAsync("document.querySelector('#live-table')?.textContent.includes('203.0.113.7:4711')");
        await browser.WaitForAsync("document.querySelector('#live-table').textContent.includes('ProxyProtocolV1')");
        await browser.WaitForAsync("document.querySelector('#live-table').textContent.includes('X-Forwarded-For of 127.0.0.1')");
        await browser.WaitForAsync("document.querySelector('#live-table').textContent.includes('<script>document.title')");
        Assert.Equal("0", await browser.EvaluateAsync("document.querySelectorAll('#main img, #main script').length"));

        // Search narrows, and says what it does not understand.
        await browser.TypeAsync("#client", "203.0.113.8");
        await browser.WaitForAsync("document.querySelector('#live-count').textContent === 'Connections: 1'");
        Assert.Equal("1", await browser.EvaluateAsync("document.querySelector('#live-table').tBodies[0].rows.length"));
        Assert.Equal("203.0.113.8:4711", await browser.EvaluateAsync("document.querySelector('#live-table tbody td').textContent"));
        await browser.TypeAsync("#client", "nobody");
        await browser.WaitForAsync("document.querySelector('#problem').textContent.startsWith('client: must be')");

        // What ends is seen live, with the reason, and can be searched.
        await browser.TypeAsync("#client", "203.0.113.8");
        other.Dispose();
        await browser.WaitForAsync("document.querySelector('#closed-table').textContent.includes('203.0.113.8:4711')");
        await browser.WaitForAsync("document.querySelector('#live-table td.empty') !== null");
        await browser.TypeAsync("#client", "");
        await browser.WaitForAsync("document.querySelector('#live-count').textContent === 'Connections: 2'");

        // Sorting says so to a screen reader.
        await browser.EvaluateAsync("document.querySelector('#live-table th button').click()");
        Assert.Equal("ascending", await browser.EvaluateAsync("document.querySelector('#live-table th').getAttribute('aria-sort')"));
        Assert.StartsWith(
            "198.51.100.66", await browser.EvaluateAsync("document.querySelector('#live-table tbody td').textContent"),
            StringComparison.Ordinal);

        // On a phone nothing is wider than the screen.
        await browser.BecomePhoneAsync();
        await browser.WaitForAsync("document.documentElement.scrollWidth <= 390");

        await browser.WaitForAsync("document.querySelector('#state').textContent.includes('configuration 1')");
        await browser.WaitForAsync($"document.querySelector('#config-list').textContent.includes('{admin.Gateway.ConfigPath}')");
        await browser.WaitForAsync("document.querySelector('#clusters-table').textContent.includes('in-1')");
        await browser.WaitForAsync("document.querySelector('#listeners-table').textContent.includes('idle 00:02:10')");
        Assert.Equal(
            "01:00:00,01:00:00",
            await browser.EvaluateAsync(
                "[...document.querySelectorAll('#routes-table td[data-name=\"Idle timeout\"]')].map(cell => cell.textContent).join()"));
        await browser.WaitForAsync("/[1-9][0-9]* connects/.test(document.querySelector('#clusters-table').textContent)");
        await browser.WaitForAsync("/[1-9][0-9]* requests/.test(document.querySelector('#clusters-table').textContent)");
        Assert.Equal("none", await browser.EvaluateAsync(
            "[...document.querySelectorAll('#clusters-table th')].find(head => head.textContent === 'p99').ariaSort"));
        // Routes are asked for once, whatever the number of updates, and again when a configuration changed them.
        await browser.WaitForAsync($"{AskedFor("clusters")} >= 3");
        Assert.Equal("1", await browser.EvaluateAsync(AskedFor("routes")));
        await admin.Gateway.ReloadAsync(admin.Config.Copy().Set("TcpProxy:Routes:in:IdleTimeout", "02:03:04"));
        await browser.WaitForAsync("document.querySelector('#routes-table').textContent.includes('02:03:04')");
        Assert.Equal("Gateway", await browser.EvaluateAsync("document.title"));
        // The refused search is an answer with status 400, which Chromium logs; nothing else is complained of.
        Assert.DoesNotContain(browser.Complaints, static complaint => !complaint.Contains("client=nobody", StringComparison.Ordinal));
    }

    // Its events are refused, and a browser does not try again by itself after an answer.
    [Fact]
    public async Task Page_WhereTooManyAreOpen_ShowsItsTablesAndFollowsLater()
    {
        Assert.SkipWhen(Chromium.Path is null, "chromium is not installed (Debian: chromium).");
        var others = new List<HttpResponseMessage>();
        try
        {
            while (others.LastOrDefault()?.IsSuccessStatusCode != false)
            {
                others.Add(await admin.OpenAsync("/api/events"));
            }

            await using var browser = await Chromium.StartAsync();
            await browser.OpenAsync(admin.Root);
            await browser.WaitForAsync("document.querySelector('#state').textContent.startsWith('not connected')");
            await browser.WaitForAsync("document.querySelector('#routes-table td[data-name=Route]') !== null");

            others.ForEach(static one => one.Dispose());
            await browser.WaitForAsync("document.querySelector('#state').textContent.includes('configuration ')");
        }
        finally
        {
            others.ForEach(static one => one.Dispose());
        }
    }

    private static string AskedFor(string resource) =>
        $"performance.getEntriesByType('resource').filter(one => one.name.endsWith('/api/{resource}')).length";
}
