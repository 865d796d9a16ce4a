using System.Net;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Prologue;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Http.Connections;

public sealed class ConnectionDurationTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();

    /// <summary>Connections that begin together are asked each at its own time, as the seed says, and are not cut.</summary>
    [Fact]
    public async Task OnConnection_OfManyWithJitter_AsksEachAtItsOwnTime()
    {
        const int many = 50;
        var seeded = new Random(7);
        var due = Enumerable.Range(0, many).Select(_ => Hour * (1 - (0.5 * seeded.NextDouble()))).ToArray();
        var random = new Random(7);
        var ended = new TaskCompletionSource();
        var duration = new ConnectionDuration(_ => ended.Task, Hour, 0.5, _time, random);
        var connections = Enumerable.Range(0, many).Select(_ => new Notified()).ToArray();
        var running = connections.Select(notified => duration.OnConnectionAsync(Context(notified))).ToArray();

        for (var passed = TimeSpan.Zero; passed < Hour; passed += TimeSpan.FromMinutes(1))
        {
            Assert.Equal(due.Count(at => at <= passed), connections.Count(static connection => connection.Asked > 0));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.All(connections, static connection => Assert.Equal(1, connection.Asked));
        Assert.DoesNotContain(running, static task => task.IsCompleted);
        ended.SetResult();
        await Task.WhenAll(running);
    }

    [Fact]
    public async Task OnConnection_ThatHasEnded_IsNotAsked()
    {
        var connection = new Notified();
        await new ConnectionDuration(_ => Task.CompletedTask, Hour, 0, _time, new Random(1)).OnConnectionAsync(Context(connection));

        _time.Advance(2 * Hour);

        Assert.Equal(0, connection.Asked);
    }

    private static DefaultConnectionContext Context(Notified notified)
    {
        using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var services = new HttpConnectionServices(
            TimeProvider.System,
            new ConnectionLimit(),
            new PrologueMetrics(meters.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>()),
            accessLog: null!,
            departures: null!,
            warnings: null!,
            NullLoggerFactory.Instance);
        var context = new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1) };
        context.Features.Set<IConnectionLifetimeNotificationFeature>(notified);
        var listener = new ListenerFeature("web", ListenerKind.Traffic, Http: null);
        context.Features.Set(new HttpConnection(context, listener, number: 1, services));
        return context;
    }

    private sealed class Notified : IConnectionLifetimeNotificationFeature
    {
        public CancellationToken ConnectionClosedRequested { get; set; }

        public int Asked { get; private set; }

        public void RequestClose() => Asked++;
    }
}
