using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Prologue;
using Gateway.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Http.Connections;

/// <summary>Which of the connections of Probes and Admin is silent, and so may give way when there are too many.</summary>
public sealed class HttpConnectionTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Socket _client = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _accepted;

    public HttpConnectionTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _accepted = listener.Accept();
    }

    public void Dispose()
    {
        _client.Dispose();
        _accepted.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task IsSilent_RequestThatNobodyHasRead_IsFalseOnProbes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells what has come.");
        var connection = Connection(ListenerKind.Probes);
        Assert.True(connection.IsSilent);

        _client.Send("GET"u8);

        await Eventually.TrueAsync(() => Task.FromResult(!connection.IsSilent), "what the kernel has counts");

        // Kestrel has taken it out of the kernel, and HTTP has not seen it.
        _accepted.Receive(new byte[3]);
        Assert.False(connection.IsSilent);
    }

    [Fact]
    public void IsSilent_SocketThatIsClosed_IsTrue()
    {
        var connection = Connection(ListenerKind.Admin);

        _accepted.Dispose();

        Assert.True(connection.IsSilent);
    }

    private HttpConnection Connection(ListenerKind kind)
    {
        var services = new HttpConnectionServices(
            TimeProvider.System,
            new ConnectionLimit(),
            new PrologueMetrics(_services.GetRequiredService<IMeterFactory>()),
            accessLog: null!,
            departures: null!,
            warnings: null!,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var context = new DefaultConnectionContext { RemoteEndPoint = _accepted.RemoteEndPoint };
        context.Features.Set<IConnectionSocketFeature>(new SocketFeature(_accepted));
        var connection = new HttpConnection(context, new ListenerFeature(kind.ToString(), kind, Http: null), number: 1, services);
        connection.TakePlace();
        return connection;
    }

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;
}
