using System.Net;
using Gateway.Http.Transport;
using Gateway.Testing;

namespace Gateway.Tests.Http.Transport;

/// <summary>The one connection of an engine's HTTP listener that Kestrel knows.</summary>
public sealed class CarrierTests
{
    [Fact]
    public async Task Dispose_RightAfterAnAbort_TheTokenIsCancelledAllTheSame()
    {
        var aborts = 0;
        // Many, because the abort goes on elsewhere: its exception would end this process.
        for (var i = 0; i < 1000; i++)
        {
            var carrier = new Carrier(new IPEndPoint(IPAddress.Loopback, 80), () => aborts++);
            var closed = new TaskCompletionSource();
            await using var cancelled = carrier.ConnectionClosed.Register(closed.SetResult);

            carrier.Abort();
            await carrier.DisposeAsync();

            await closed.Task.WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);
        }

        Assert.Equal(1000, aborts);
    }
}
