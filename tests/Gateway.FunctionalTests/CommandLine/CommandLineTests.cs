using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.CommandLine;

/// <summary>The commands, their exit codes, and what a start that cannot be says.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_NamesTheCommands()
    {
        var result = await GatewayAsync("--help");

        Assert.Equal(0, result.ExitCode);
        foreach (var word in new[] { "run", "demo", "validate", "redirect", "--config" })
        {
            Assert.Contains(word, result.StandardOutput, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        var result = await GatewayAsync("--version");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.StandardOutput.Trim());
    }

    [Theory]
    [InlineData("takes no --config", "demo", "--config", "a.json")]
    [InlineData("the name of the file is empty", "run", "--config", "")]
    [InlineData("the name of the file is empty", "validate", "--config", "")]
    public async Task Option_ThatCannotBeMeant_IsRefused(string words, params string[] arguments)
    {
        var result = await GatewayAsync(arguments);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(words, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownCommand_IsRefused() => Assert.NotEqual(0, (await GatewayAsync("walk")).ExitCode);

    [Fact]
    public async Task Validate_GoodFile_ExitsWithZeroAndListensNowhere()
    {
        using var folder = new TemporaryFolder();
        await using var squatter = RecordingTcpServer.Start();
        var result = await GatewayAsync("validate", "--config", folder.Write("a.json", ConfigFile.Tcp(squatter.Port, "127.0.0.1:1", new { Mode = "None" }).ToJson()));

        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Validate_SeveralErrors_NamesThemAllWithPathAndValue()
    {
        using var folder = new TemporaryFolder();
        var config = ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:1", new { Mode = "Sometimes" })
            .Set("TcpProxy:Routes:in:ClusterId", "nowhere").Set("TcpProxy:Routes:in:IdleTimeout", "5").Set("Listeners:in:Adress", "127.0.0.1:1");

        var result = await GatewayAsync("validate", "--config", folder.Write("a.json", config.ToJson()));

        Assert.Equal(1, result.ExitCode);
        foreach (var words in new[] { "TcpProxy:Routes:in:ClusterId", "nowhere", "TcpProxy:Routes:in:SourceIp:Mode", "Sometimes", "TcpProxy:Routes:in:IdleTimeout", "Listeners:in:Adress" })
        {
            Assert.Contains(words, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Validate_ShippedObjects_SaysWhatTheyAddAndWhichIsWrong()
    {
        var overlay = Path.Combine(RepositoryPaths.Root, "deploy/overlays/gateway-api");
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(overlay, "*.yaml"))
        {
            folder.Write(Path.GetFileName(file), await File.ReadAllTextAsync(file));
        }

        folder.Write("services.yaml", """
            { apiVersion: v1, kind: List, items: [
              { apiVersion: v1, kind: Service, metadata: { name: whoami }, spec: { ports: [ { name: http, port: 8080 }, { name: tcp, port: 9000 } ] } } ] }
            """);

        var result = await GatewayAsync("validate", "--config", Path.Combine(overlay, "appsettings.json"), "--objects", folder.Path);

        Assert.Contains("; from TCPRoute default/tcp-app-1", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("; from HTTPRoute default/http-app-1", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("validate")]
    public async Task File_Missing_IsSaidWithExitCodeOne(string command)
    {
        var result = await GatewayAsync(command, "--config", "/nonexistent/gateway.json");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("/nonexistent/gateway.json", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tcp")]
    [InlineData("Http")]
    [InlineData("Admin")]
    public async Task Run_PortInUse_ExitsWithOneNamesItAndListensNowhere(string where)
    {
        await using var squatter = RecordingTcpServer.Start();
        var (free, http) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile()
            .AddTcp("free", where == "Tcp" ? squatter.Port : free, "127.0.0.1:1", new { Mode = "None" })
            .AddHttp("web", where == "Http" ? squatter.Port : http, "127.0.0.1:1");
        if (where == "Admin")
        {
            config.Set("Admin:Address", $"127.0.0.1:{squatter.Port}");
        }

        var result = await GatewayProcess.RunToEndAsync(config);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"{squatter.Port}", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
        Assert.True(FreePorts.CanBind(where == "Tcp" ? http : free));
    }

    [Fact]
    public async Task Run_UnknownKey_ExitsWithOneAndNamesIt()
    {
        var result = await GatewayProcess.RunToEndAsync(new ConfigFile().Set("TcpProxie", new { }));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("TcpProxie", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutACommand_ReadsTheFileBelowTheWorkingDirectory()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Combine("appsettings"));
        var config = new ConfigFile();
        folder.Write("appsettings/appsettings.json", config.ToJson());
        // The host builder of ASP.NET Core would read this one.
        folder.Write("appsettings.json", "{ \"Listeners\": { \"x\": { \"Address\": \"broken\" } } }");
        await using var process = ManagedProcess.Start([RepositoryPaths.GatewayExecutable], workingDirectory: folder.Path);
        using var client = new HttpClient();

        await Eventually.TrueAsync(async () => await IsReadyAsync(client, config.AdminPort), $"ready; it printed {process.Output}");
        process.Signal(ManagedProcess.SigTerm);

        Assert.Equal(0, await process.WaitForExitAsync());
    }

    /// <summary>The build has a configuration beside the executable, as the container image has.</summary>
    [Fact]
    public async Task Run_WithoutACommandAndWithoutAFileHere_PrintsHelpAndStartsNothing()
    {
        using var folder = new TemporaryFolder();

        var result = await ProcessRunner.RunAsync([RepositoryPaths.GatewayExecutable], workingDirectory: folder.Path);

        Assert.Equal(1, result.ExitCode);
        foreach (var word in new[] { "Usage:", "run", "demo", "validate", "check", "--config" })
        {
            Assert.Contains(word, result.StandardOutput, StringComparison.Ordinal);
        }

        Assert.Contains("there is no appsettings/appsettings.json below", result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("Gateway.Host", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("validate")]
    [InlineData("check")]
    [InlineData("redirect apply")]
    [InlineData("redirect show")]
    public async Task Help_OfACommandThatReadsAFile_NamesConfig(string command)
    {
        var result = await GatewayAsync([.. command.Split(' '), "--help"]);

        Assert.Contains("--config <FILE>", result.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", "9901")]
    [InlineData("redirect remove", "Needs no configuration")]
    public async Task Help_OfACommandThatReadsNoFile_SaysWhatItTakes(string command, string words)
    {
        var result = await GatewayAsync([.. command.Split(' '), "--help"]);

        Assert.DoesNotContain("--config", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(words, result.StandardOutput.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_SetsScalarsOfTheFile_AndNothingElse()
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, backend.Address, new { Mode = "None" });
        await using (var gateway = await GatewayProcess.StartAsync(
            config, new GatewayStart { Environment = new Dictionary<string, string> { ["TcpProxy__Routes__in__IdleTimeout"] = "1s" } }))
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.WaitForEndAsync();
            await gateway.WaitForAccessAsync(client.Local.ToString(), "idle_timeout");
        }

        var created = await GatewayProcess.RunToEndAsync(
            config, new GatewayStart { Environment = new Dictionary<string, string> { ["Listeners__new__Address"] = "127.0.0.1:1" } });
        Assert.Equal(1, created.ExitCode);
        Assert.Contains("Listeners__new__Address", created.Output, StringComparison.Ordinal);
        var misspelt = await GatewayProcess.RunToEndAsync(
            config, new GatewayStart { Environment = new Dictionary<string, string> { ["TcpProxy__Routes__in__IdelTimeout"] = "1s" } });
        Assert.Equal(1, misspelt.ExitCode);
        Assert.Contains("IdelTimeout", misspelt.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_OfAspNetCore_OpensNoPortAndIsWarnedAbout()
    {
        var (urls, kestrel) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile(), new GatewayStart
        {
            Environment = new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{urls}",
                ["Kestrel__Endpoints__X__Url"] = $"http://127.0.0.1:{kestrel}",
                ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true",
            },
        });

        foreach (var port in new[] { urls, kestrel })
        {
            await Assert.ThrowsAsync<SocketException>(() => TcpPeer.ConnectAsync(port));
        }

        foreach (var name in new[] { "ASPNETCORE_URLS", "Kestrel__Endpoints__X__Url", "ASPNETCORE_FORWARDEDHEADERS_ENABLED" })
        {
            await gateway.Process.WaitForLineAsync(
                line => LogLevels.IsComplaint(line) && line.Contains(name, StringComparison.Ordinal), $"a warning of {name}");
        }
    }

    private static Task<ProcessResult> GatewayAsync(params string[] arguments) =>
        ProcessRunner.RunAsync([RepositoryPaths.GatewayExecutable, .. arguments], workingDirectory: Path.GetTempPath());

    private static async Task<bool> IsReadyAsync(HttpClient client, int port)
    {
        try
        {
            using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
