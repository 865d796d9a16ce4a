using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Configuration.Files;
using Gateway.Configuration.Loading;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tls;

/// <summary>Files that change, break, come back or never answer.</summary>
public sealed class CertificateWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TestAuthority _authority = new("Test CA");
    private readonly ConcurrentDictionary<string, Func<ConfigFileRead>> _files = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly FakeLogger<CertificateWatch> _log = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CertificateStore _store;
    private readonly CertificateWatch _watch;

    public CertificateWatchTests()
    {
        _store = new CertificateStore(_time, path => _files[path]());
        _watch = new CertificateWatch(_store, new CertificateMetrics(_services.GetRequiredService<IMeterFactory>()), _log);
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _services.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public void Times_OfAWatch_AddUpToTwoSeconds()
    {
        var times = new ConfigFileWatcherOptions();
        Assert.True(times.PollInterval + (times.MaxSettleLooks * times.SettleTime) <= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Look_PairChanged_NewHandshakesShowIt()
    {
        Write("shop", _authority.Issue("old", "shop.example"));
        var server = await StartAsync();
        Write("shop", _authority.Issue("new", "shop.example"));

        // The line comes last.
        await PassUntilAsync(() => _log.Collector.GetSnapshot().Any(static record => record.Level == LogLevel.Information));

        Assert.Equal("new", SubjectOf(server));
        Assert.Single(_log.Collector.GetSnapshot(), static record => record.Level == LogLevel.Information);
    }

    [Fact]
    public async Task Look_OtherCertificateUnchanged_KeepsItsOptions()
    {
        Write("shop", _authority.Issue("old", "shop.example"));
        Write("other", _authority.Issue("other", "other.example"));
        var server = await StartAsync("shop", "other");
        var options = server.OptionsFor("other.example");
        Write("shop", _authority.Issue("new", "shop.example"));

        await PassUntilAsync(() => SubjectOf(server) == "new");

        Assert.Same(options, server.OptionsFor("other.example"));
    }

    [Fact]
    public async Task Look_KeyOfAnother_KeepsTheLastGoodAndSaysSoOnce()
    {
        var (one, other) = (_authority.Issue("one", "shop.example"), _authority.Issue("other", "shop.example"));
        Write("shop", one);
        var server = await StartAsync();
        Write("shop", other with { Key = one.Key });

        await PassUntilAsync(() => Errors().Count == 1);
        await PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal("one", SubjectOf(server));
        var error = Assert.Single(Errors());
        Assert.Contains(
            "Listeners:web:Tls:Certificates:shop:KeyPath: shop.key: the key is not that of CN=other",
            error.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, Measure("gateway.tls.certificate.loaded"));

        Write("shop", one);
        await PassUntilAsync(() => Measure("gateway.tls.certificate.loaded") == 1);
        Assert.Single(Errors());
    }

    [Fact]
    public async Task Look_FileThatNeverAnswers_HoldsUpNoOther()
    {
        Write("shop", _authority.Issue("old", "shop.example"));
        Write("stuck", _authority.Issue("stuck", "stuck.example"));
        var server = await StartAsync("shop", "stuck");
        var never = new TaskCompletionSource<ConfigFileRead>();
        _files["stuck.crt"] = () => never.Task.GetAwaiter().GetResult();
        Write("shop", _authority.Issue("new", "shop.example"));

        await PassUntilAsync(() => SubjectOf(server) == "new");
        await PassUntilAsync(() => Errors().Count == 1);
        Assert.Contains("stuck.crt: there is no answer from its file system within 10 s", Errors()[0].Message, StringComparison.Ordinal);
        Assert.NotNull(server.OptionsFor("stuck.example"));
        never.SetResult(new ConfigFileRead(null, "gone"));
    }

    [Fact]
    public async Task Look_RevocationListEnds_IsToldOnce()
    {
        Write("shop", _authority.Issue("shop", "shop.example"));
        Set("ca.crt", _authority.Pem);
        Set("ca.crl", _authority.Revoke([], _time.GetUtcNow().AddSeconds(30)));
        await StartAsync(new ClientCertificatesConfig { Mode = ClientCertificateMode.Required, CaPath = "ca.crt", CrlPath = "ca.crl" });

        await PassUntilAsync(() => Errors().Count == 1);
        await PassAsync(TimeSpan.FromSeconds(5));

        Assert.Contains("Listeners:web:Tls:ClientCertificates:CrlPath", Assert.Single(Errors()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_BrokenFiles_AreAllToldWithTheirKeys()
    {
        var good = _authority.Issue("shop", "shop.example");
        Write("shop", good with { Certificate = "no PEM" });
        Write("gone", good);
        _files["gone.key"] = static () => new ConfigFileRead(null, "the file cannot be read: it is a FIFO, not a regular file");
        Write("locked", good with { Key = good.Key.Replace("PRIVATE", "ENCRYPTED PRIVATE", StringComparison.Ordinal) });
        Set("ca.crt", _authority.Pem);
        using var stranger = new TestAuthority("Stranger");
        Set("ca.crl", stranger.Revoke([]));
        var server = Server(
            ["shop", "gone", "locked"],
            new ClientCertificatesConfig
            {
                Mode = ClientCertificateMode.Optional,
                CaPath = "ca.crt",
                CrlPath = "ca.crl",
            });

        var problems = await _store.LoadAsync(new TlsModel { Materials = [server] });

        Assert.Equal(
            [
                "Listeners:web:Tls:Certificates:shop:Path: shop.crt: the file has no certificate (-----BEGIN CERTIFICATE-----)",
                "Listeners:web:Tls:Certificates:gone:KeyPath: gone.key: the file cannot be read: it is a FIFO, not a regular file",
                "Listeners:web:Tls:Certificates:locked:KeyPath: locked.key: the key is encrypted. Write it without a passphrase "
                    + "(openssl pkey), readable for the gateway alone",
                "Listeners:web:Tls:ClientCertificates:CrlPath: ca.crl: the revocation list of CN=Stranger is not by a CA of CaPath. Add "
                    + "that CA there, or remove the list",
            ],
            problems.Select(static problem => problem.ToString()));
    }

    private async Task<ServerTls> StartAsync(params string[] names) => await StartAsync(null, names);

    private async Task<ServerTls> StartAsync(ClientCertificatesConfig? clients, params string[] names)
    {
        var server = Server(names.Length == 0 ? ["shop"] : names, clients);
        var model = new TlsModel { Materials = [server] };
        Assert.Empty(await _store.LoadAsync(model));
        _watch.Follow(model);
        return server;
    }

    private ServerTls Server(string[] names, ClientCertificatesConfig? clients) => new(
        "web",
        new ListenerConfig
        {
            Protocol = ListenerProtocol.Tls,
            Tls = new ListenerTlsConfig
            {
                Certificates = names.ToDictionary(static name => name, static name => new CertificateConfig { Path = $"{name}.crt", KeyPath = $"{name}.key" }),
                ClientCertificates = clients,
            },
        },
        _store.Contexts,
        _time);

    private void Write(string name, TestCertificate certificate)
    {
        Set($"{name}.crt", certificate.Certificate);
        Set($"{name}.key", certificate.Key);
    }

    private void Set(string path, string text) => _files[path] = () => new ConfigFileRead(text, null);

    // Time goes on in steps, and what it sets off runs between. How many steps that takes depends on the machine.
    private Task PassUntilAsync(Func<bool> isDone) => Eventually.TrueAsync(
        async () =>
        {
            await StepAsync();
            return isDone();
        },
        "what the time that passes sets off");

    private async Task PassAsync(TimeSpan duration)
    {
        for (var passed = TimeSpan.Zero; passed < duration; passed += Step)
        {
            await StepAsync();
        }
    }

    private Task StepAsync()
    {
        _time.Advance(Step);
        return Tempo.PauseAsync(TimeSpan.FromMilliseconds(10));
    }

    private List<FakeLogRecord> Errors() => [.. _log.Collector.GetSnapshot().Where(static record => record.Level == LogLevel.Error)];

    private long Measure(string name)
    {
        using var collector = new MetricCollector<long>(_services.GetRequiredService<IMeterFactory>(), "Gateway", name);
        collector.RecordObservableInstruments();
        return Assert.Single(collector.GetMeasurementSnapshot()).Value;
    }

    private static string? SubjectOf(ServerTls server) =>
        server.OptionsFor("shop.example")?.ServerCertificateContext?.TargetCertificate.GetNameInfo(X509NameType.SimpleName, false);
}
