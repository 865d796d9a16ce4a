using System.Diagnostics.Metrics;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Http.Backends.Exchange;

/// <summary>Which failures take a destination of an HTTP cluster out, and which say nothing about it.</summary>
public sealed class FailedConnectsPolicyTests : IClusterDestinationsUpdater
{
    private const int Requests = 14;

    private readonly ClusterState _cluster =
        new("c", new ClusterModel(new() { ClusterId = "c" }, new HttpMessageInvoker(new HttpClientHandler())));
    private readonly DestinationState _destination = new("one");

    [Theory]
    [InlineData(CloseReason.BackendConnectFailed, SocketError.ConnectionRefused, true)]
    [InlineData(CloseReason.BackendConnectTimeout, SocketError.TimedOut, true)]
    [InlineData(CloseReason.NoDestination, SocketError.HostNotFound, true)]
    [InlineData(CloseReason.Resources, SocketError.TooManyOpenSockets, false)]
    [InlineData(CloseReason.Resources, SocketError.AddressNotAvailable, false)]
    [InlineData(CloseReason.Resources, SocketError.NoBufferSpaceAvailable, false)]
    public void RequestProxied_ConnectFails_CountsUnlessTheGatewayLacksSomething(CloseReason failure, SocketError error, bool counts) =>
        AssertCounts(
            counts,
            ForwarderError.Request,
            new HttpRequestException(HttpRequestError.ConnectionError, null, new ConnectException(failure, error, "to:192.0.2.1:80")));

    [Fact]
    public void RequestProxied_TlsWithTheDestinationFails_Counts() => AssertCounts(
        true,
        ForwarderError.Request,
        new HttpRequestException(HttpRequestError.SecureConnectionError, null, new AuthenticationException("name mismatch")));

    [Theory]
    [InlineData(CloseReason.Limit)]
    [InlineData(CloseReason.SourceIpUnusable)]
    public void RequestProxied_RefusedBeforeItWasSent_CountsNothing(CloseReason reason) =>
        AssertCounts(false, ForwarderError.Request, new IOException(), new RequestRefusal(reason, "Refused", "the reason"));

    [Theory]
    [InlineData(ForwarderError.RequestCanceled)]
    [InlineData(ForwarderError.RequestBodyClient)]
    [InlineData(ForwarderError.RequestBodyCanceled)]
    [InlineData(ForwarderError.ResponseBodyClient)]
    [InlineData(ForwarderError.RequestCreation)]
    [InlineData(ForwarderError.RequestBodyDestination)]
    public void RequestProxied_TheClientCausedIt_CountsNothing(ForwarderError error) =>
        AssertCounts(false, error, new OperationCanceledException());

    void IClusterDestinationsUpdater.UpdateAllDestinations(ClusterState cluster)
    {
    }

    void IClusterDestinationsUpdater.UpdateAvailableDestinations(ClusterState cluster)
    {
    }

    private void AssertCounts(bool counts, ForwarderError error, Exception exception, RequestRefusal? refusal = null)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var policy = new FailedConnectsPolicy(
            this, services.GetRequiredService<IMeterFactory>(), NullLoggerFactory.Instance, new FakeTimeProvider());
        for (var request = 0; request < Requests; request++)
        {
            var context = new DefaultHttpContext();
            context.Features.Set<IForwarderErrorFeature>(new Failed(error, exception));
            context.Features.Set(refusal);
            policy.RequestProxied(context, _cluster, _destination);
        }

        Assert.Equal(counts ? DestinationHealth.Unhealthy : DestinationHealth.Unknown, _destination.Health.Passive);
    }

    private sealed record Failed(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature;
}
