using System.Text.Json;
using Gateway.Observability.Logs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Observability.Logs;

/// <summary>The section Logging:Console means what it does in ASP.NET Core, and no library's message breaks a line.</summary>
public sealed class ConsoleLogProviderTests
{
    private const string Forged = "two\r\nlines \u001b[31m\u202e";

    [Theory]
    [InlineData("simple")]
    [InlineData("systemd")]
    public void Format_MessageAndExceptionOfAnyLibrary_AreOneLineOfPrintableAscii(string formatter)
    {
        var line = Format(formatter, LogLevel.Error, Forged, new InvalidOperationException(Forged));

        Assert.DoesNotContain(line.TrimEnd('\n'), c => c is < ' ' or > '~');
        Assert.Contains(@"two\r\nlines \x1B[31m\u202E", line, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Format_Json_HasTheTextItself()
    {
        using var json = JsonDocument.Parse(Format("json", LogLevel.Warning, Forged));

        Assert.Equal(Forged, json.RootElement.GetProperty("Message").GetString());
        Assert.Equal("Warning", json.RootElement.GetProperty("LogLevel").GetString());
        Assert.Equal("Some.Category", json.RootElement.GetProperty("Category").GetString());
    }

    [Fact]
    public void Format_NoFormatterNamed_IsOneLineWithUtcTime() =>
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: Some\.Category\[0\] hello$", Format(null, LogLevel.Information, "hello").TrimEnd('\n'));

    [Fact]
    public void Providers_Always_AreOursAlone()
    {
        using var services = Services(null);

        Assert.IsType<ConsoleLogProvider>(Assert.Single(services.GetServices<ILoggerProvider>()));
    }

    [Fact]
    public void Filters_OfTheAliasConsole_Apply()
    {
        using var services = Services(null, ("Logging:Console:LogLevel:Some", "Error"));
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Some.Category");

        Assert.False(log.IsEnabled(LogLevel.Warning));
        Assert.True(log.IsEnabled(LogLevel.Error));
    }

    [Fact]
    public void Log_ValueThrows_IsCountedAndGoesOn()
    {
        using var services = Services(null);
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Some.Category");

        log.Log(LogLevel.Critical, default, 0, null, static (_, _) => throw new InvalidOperationException());

        Assert.Equal(1, services.GetRequiredService<LogMetrics>().Dropped);
    }

    [Fact]
    public void Line_ExceptionsOfTheServer_AreOneAMinuteForEachKindAndCounted()
    {
        var time = new FakeTimeProvider();
        using var services = Services(null, time);
        var provider = services.GetServices<ILoggerProvider>().Single();
        var server = (ConsoleLog)provider.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
        string Line(ConsoleLog log, Exception? thrown) =>
            log.Line(LogLevel.Warning, default, "Connection ended.", thrown, static (state, _) => state);

        Assert.Contains("FormatException", Line(server, new FormatException()), StringComparison.Ordinal);
        Assert.Equal("", Line(server, new FormatException()));
        Assert.Equal("", Line(server, new FormatException()));
        Assert.NotEqual("", Line(server, new InvalidOperationException()));
        Assert.NotEqual("", Line(server, null));
        Assert.NotEqual("", Line(server, null));
        var other = (ConsoleLog)provider.CreateLogger("Some.Category");
        Assert.NotEqual("", Line(other, new FormatException()));
        Assert.NotEqual("", Line(other, new FormatException()));

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains(
            "Connection ended. 3 since the last such line (one a minute) System.FormatException",
            Line(server, new FormatException()),
            StringComparison.Ordinal);
    }

    private static string Format(string? formatter, LogLevel level, string message, Exception? exception = null)
    {
        using var services = Services(formatter);
        var log = (ConsoleLog)services.GetServices<ILoggerProvider>().Single().CreateLogger("Some.Category");
        return log.Format(level, default, message, exception, static (state, _) => state);
    }

    private static ServiceProvider Services(string? formatter, params (string Key, string Value)[] more) =>
        Services(formatter, TimeProvider.System, more);

    private static ServiceProvider Services(string? formatter, TimeProvider time, params (string Key, string Value)[] more)
    {
        var values = more.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)).ToDictionary();
        if (formatter is not null)
        {
            values["Logging:Console:FormatterName"] = formatter;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        return new ServiceCollection().AddSingleton(time).AddLogging(logging => logging.AddGatewayLogging(configuration)).BuildServiceProvider();
    }
}
