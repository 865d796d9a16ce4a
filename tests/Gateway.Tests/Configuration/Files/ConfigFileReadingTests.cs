using Gateway.Configuration.Files;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Configuration.Files;

public sealed class ConfigFileReadingTests
{
    [Fact]
    public async Task Read_ThrewOnce_IsAnErrorAndTheNextReadsAnew()
    {
        var reads = 0;
        var reading = new ConfigFileReading(
            "gateway.json",
            new FakeTimeProvider(),
            _ => reads++ == 0 ? throw new InvalidOperationException("out of order") : new ConfigFileRead("{}", null));

        var first = await reading.ReadAsync(ConfigFileReading.DefaultLimit, TestContext.Current.CancellationToken);
        var second = await reading.ReadAsync(ConfigFileReading.DefaultLimit, TestContext.Current.CancellationToken);

        Assert.Equal("the file cannot be read: out of order", first.Error);
        Assert.Equal("{}", second.Text);
    }

    [Fact]
    public async Task Read_OfAFileThatStays_TakesNoSecondString()
    {
        using var folder = new TemporaryFolder();
        var reading = new ConfigFileReading(folder.Write("a.json", "{}"), TimeProvider.System);

        var first = await reading.ReadAsync(ConfigFileReading.DefaultLimit, TestContext.Current.CancellationToken);
        var second = await reading.ReadAsync(ConfigFileReading.DefaultLimit, TestContext.Current.CancellationToken);

        Assert.Equal("{}", first.Text);
        Assert.Same(first.Text, second.Text);
    }
}
