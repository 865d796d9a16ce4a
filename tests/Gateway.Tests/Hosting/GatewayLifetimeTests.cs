using System.Runtime.InteropServices;
using Gateway.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

public sealed class GatewayLifetimeTests
{
    /// <summary>It would end the process from a thread of the signal's, with a core dump and without a drain.</summary>
    [Fact]
    public void OnSignal_LoggerThrows_TheDrainBeginsAllTheSame()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        using var application = new Application();
        using var lifetime = new GatewayLifetime(application, services, new ThrowingLogger());
        var signal = new PosixSignalContext(PosixSignal.SIGTERM);

        lifetime.OnSignal(signal);

        Assert.True(signal.Cancel);
        Assert.True(application.ApplicationStopping.IsCancellationRequested);
    }

    private sealed class Application : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }

    private sealed class ThrowingLogger : ILogger<GatewayLifetime>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new FormatException("a line that cannot be written");
    }
}
