using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Pipeline;
using Gateway.Testing;
using Gateway.Tests.Tcp.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Dnat;

/// <summary>The loop that keeps the kernel's rules what they should be, whatever the kernel answers.</summary>
public sealed class DnatRepairTests : IAsyncDisposable
{
    private const string Nothing = """{"nftables":[]}""";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeLoggerProvider _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly ConcurrentQueue<string> _changes = new();
    private readonly DnatKernel _kernel;
    private Func<NftResult> _counters = static () => new NftResult(true, Nothing, "");
    private int _reads;

    public DnatRepairTests()
    {
        _loggers = LoggerFactory.Create(builder => builder.AddProvider(_logs));
        var meters = _services.GetRequiredService<IMeterFactory>();
        _kernel = new DnatKernel(new DnatTable("t", Run), meters, new TcpMetrics(meters), _loggers, _time);
        Assert.Empty(_kernel.Apply(Model()));
        Assert.Single(_changes);
    }

    public async ValueTask DisposeAsync()
    {
        await _kernel.DisposeAsync().AsTask().WaitAsync(Eventually.DefaultTimeout);
        Assert.Contains("\"delete\"", _changes.Last(), StringComparison.Ordinal);
        _loggers.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Loop_TableIsGone_MakesItAnew()
    {
        _counters = static () => new NftResult(false, "", "Error: No such file or directory");

        await RoundAsync();

        await Eventually.TrueAsync(() => _changes.Count >= 2, "the table made anew");
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("""{"nftables":[{"counter":{"name":"x","packets":"many","bytes":0}}]}""")]
    public async Task Loop_AnswerMakesNoSense_SaysSoAndGoesOn(string answer)
    {
        _counters = () => new NftResult(true, answer, "");
        await RoundAsync();
        await Eventually.TrueAsync(() => Errors(2041) > 0, "said");

        await Loop_TableIsGone_MakesItAnew();
    }

    [Fact]
    public async Task Loop_Throws_SaysSoAndGoesOn()
    {
        _counters = static () => throw new InvalidOperationException("bug");
        await RoundAsync();
        await Eventually.TrueAsync(() => Errors(2048) > 0, "said");

        await Loop_TableIsGone_MakesItAnew();
    }

    private static DnatModel Model()
    {
        var model = TestPlane.Model(null, new SourceIpConfig { Mode = SourceIpMode.Dnat }, "192.0.2.1:1");
        return DnatModel.From(model, [new DnatListener("in", new IPEndPoint(IPAddress.Any, 9000), BothFamilies: false)]);
    }

    private NftResult Run(string commands, bool isDry)
    {
        if (commands.Contains("\"counters\"", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _reads);
            return _counters();
        }

        if (!commands.Contains("\"list\"", StringComparison.Ordinal))
        {
            _changes.Enqueue(commands);
        }

        return new NftResult(true, Nothing, "");
    }

    private int Errors(int id) => _logs.Collector.GetSnapshot().Count(log => log.Id.Id == id && log.Level == LogLevel.Error);

    // The timer of the next round exists only a moment after this one, so time moves until somebody asks.
    private async Task RoundAsync()
    {
        var before = Volatile.Read(ref _reads);
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Volatile.Read(ref _reads) > before;
            },
            "the next look");
    }
}
