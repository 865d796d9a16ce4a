using System.Diagnostics.Metrics;
using Gateway.Tcp.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>Passive health for a dialer of its own.</summary>
internal static class Passive
{
    public static PassiveHealth Health(TimeProvider time, ILoggerFactory? loggers = null) =>
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), loggers ?? NullLoggerFactory.Instance, time);
}
