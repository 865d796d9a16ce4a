using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Observability.Logs;
using Gateway.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Observability.Logs;

/// <summary>The file of the access log: appended to, opened anew when it was moved, and never waited for.</summary>
public sealed class AccessFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _reports = new();
    private readonly ServiceProvider _services;
    private readonly AccessFileMetrics _metrics;

    public AccessFileTests()
    {
        _services = new ServiceCollection()
            .AddLogging(static logging => logging.AddGatewayLogging(new ConfigurationBuilder().Build())).BuildServiceProvider();
        _metrics = _services.GetRequiredService<AccessFileMetrics>();
    }

    private string Log => _folder.Combine("access.log");

    public void Dispose()
    {
        _services.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Write_FileIsRenamedRemovedAndAskedFor_LinesGoToANewFile()
    {
        File.WriteAllText(Log, "before\n");
        using var file = Open(Log);
        file.Write("1\n");
        await ContentAsync("before\n1\n");

        File.Move(Log, Log + ".1");
        // Until the name is looked at again, lines go where they went before.
        await Eventually.TrueAsync(
            () =>
            {
                file.Write("2\n");
                return File.Exists(Log);
            },
            "the file is there again");
        File.Delete(Log);
        file.Reopen();
        file.Write("3\n");

        await Eventually.TrueAsync(
            () => File.Exists(Log) && File.ReadAllText(Log).EndsWith("3\n", StringComparison.Ordinal), "the last line");
        Assert.StartsWith("before\n1\n", File.ReadAllText(Log + ".1"), StringComparison.Ordinal);
        Assert.Equal(0, _metrics.Dropped);
    }

    [Fact]
    public async Task Write_FileIsTruncated_LeavesNoGap()
    {
        using var file = Open(Log);
        file.Write("a long line\n");
        await ContentAsync("a long line\n");

        File.WriteAllText(Log, "");
        file.Write("next\n");

        await ContentAsync("next\n");
    }

    [Fact]
    public async Task Write_FolderIsMissing_IsReportedOnceCountedAndMended()
    {
        var path = _folder.Combine("later/access.log");
        using var file = Open(path);
        for (var i = 0; i < 5; i++)
        {
            file.Write("lost\n");
        }

        await Eventually.TrueAsync(() => _metrics.Dropped == 5, "five lines are lost");
        Assert.Equal(path, Assert.Single(_reports).Split('|')[0]);
        Directory.CreateDirectory(_folder.Combine("later"));
        file.Reopen();
        file.Write("kept\n");

        await Eventually.TrueAsync(() => File.Exists(path) && File.ReadAllText(path) == "5 lost\nkept\n", "the notice and the line");
    }

    [Fact]
    public async Task Write_DiskIsFull_IsReportedOnceAndCounted()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        using var file = Open("/dev/full");
        file.Write("lost\n");
        file.Write("lost\n");

        await Eventually.TrueAsync(() => _metrics.Dropped == 2, "both lines are lost");
        Assert.Contains("No space left", Assert.Single(_reports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_PipeWithoutReader_WaitsForNobodyAndLosesWhatHasNoRoom()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs named pipes");
        using (var mkfifo = Process.Start("mkfifo", [Log]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var file = Open(Log);
        for (var i = 0; i < LineWriter.MaxLines + 100; i++)
        {
            file.Write("line\n");
        }

        // The writer's thread has taken one line, or none yet.
        Assert.InRange(_metrics.Dropped, 99, 100);
        file.Dispose();
    }

    [Theory]
    [InlineData(AccessLogFormat.Text)]
    [InlineData(AccessLogFormat.Json)]
    public async Task Logger_OfAccess_WritesToTheFileAndOthersToTheConsole(AccessLogFormat format)
    {
        var files = _services.GetRequiredService<AccessFiles>();
        var logs = _services.GetRequiredService<ILoggerFactory>();
        files.Update(new AccessLogFileConfig { Path = Log, Format = format });
        logs.CreateLogger("Gateway.Access").LogInformation("tcp {Client}", "192.0.2.1");
        logs.CreateLogger("Gateway.Host").LogInformation("elsewhere");
        await Eventually.TrueAsync(() => File.Exists(Log) && File.ReadAllText(Log).EndsWith('\n'), "a line");

        files.Update(null);
        logs.CreateLogger("Gateway.Access").LogInformation("to the console");

        var line = Assert.Single(File.ReadAllLines(Log));
        if (format == AccessLogFormat.Text)
        {
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z tcp 192\.0\.2\.1$", line);
        }
        else
        {
            using var json = JsonDocument.Parse(line);
            Assert.Equal("192.0.2.1", json.RootElement.GetProperty("State").GetProperty("Client").GetString());
        }
    }

    private AccessFile Open(string path) => new(
        new AccessLogFileConfig { Path = path }, _metrics, static dropped => $"{dropped} lost\n",
        (file, problem) => _reports.Enqueue($"{file}|{problem}"));

    private Task ContentAsync(string expected) =>
        Eventually.TrueAsync(() => File.Exists(Log) && File.ReadAllText(Log) == expected, expected);
}
