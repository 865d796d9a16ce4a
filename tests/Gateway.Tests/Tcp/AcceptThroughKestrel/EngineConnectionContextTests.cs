using Gateway.Tcp.AcceptThroughKestrel;
using Gateway.Tcp.Pipeline;
using Gateway.Testing;
using Gateway.Tests.Tcp.Dialing;

namespace Gateway.Tests.Tcp.AcceptThroughKestrel;

/// <summary>A connection as Kestrel sees it.</summary>
public sealed class EngineConnectionContextTests
{
    [Fact]
    public async Task Dispose_RightAfterAnAbort_TheTokenIsCancelledAllTheSame()
    {
        // Many, because the abort goes on elsewhere: its exception would end this process.
        for (var i = 0; i < 1000; i++)
        {
            var client = new ScriptedConnection(static _ => throw new InvalidOperationException());
            var context = new EngineConnectionContext(client, new ListenerState("in", null));
            var closed = new TaskCompletionSource();
            await using var cancelled = context.ConnectionClosed.Register(closed.SetResult);

            context.Abort();
            await context.DisposeAsync();

            await closed.Task.WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);
        }
    }
}
