using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>
/// What every engine has to do, run on each of them: a subclass names the engine. By topic: <c>.Relay</c>, <c>.Streams</c>,
/// <c>.Endings</c>, <c>.Limits</c>, <c>.Guard</c>, <c>.Faults</c>,
/// <c>.Prelude</c>, <c>.WaitFor</c>, <c>.Connect</c>, <c>.Listen</c>.
/// </summary>
public abstract partial class TcpEngineTests
{
    /// <summary>Where the engine's connections may not get to.</summary>
    private protected OwnListeners Own { get; } = new();

    private protected abstract ITcpEngine CreateEngine(Action<Exception>? onFault = null);

    private EngineBench Bench(RelayOptions? relay = null) => EngineBench.Start(CreateEngine(), relay);

    /// <summary>Takes the connection's operations to its own thread, and the test off it again afterwards.</summary>
    private EngineBench Bench<T>(Func<EngineBench, TcpConnection, Task<T>> serve, out Task<T> served)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        served = done.Task.Within();
        return EngineBench.Start(CreateEngine(), serve: async (bench, connection) =>
        {
            try
            {
                done.TrySetResult(await serve(bench, connection));
            }
            catch (Exception exception)
            {
                done.TrySetException(exception);
            }
        });
    }
}
