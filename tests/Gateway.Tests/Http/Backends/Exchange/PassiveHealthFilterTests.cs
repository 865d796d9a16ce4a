using Gateway.Http.Backends.Exchange;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Tests.Http.Backends.Exchange;

public sealed class PassiveHealthFilterTests
{
    [Theory]
    [InlineData(2, null, null, "FailedConnects", true)]
    [InlineData(1, null, null, null, null)]
    [InlineData(2, false, null, null, false)]
    [InlineData(2, true, null, "DestinationFailureRate", true)]
    [InlineData(1, true, "transportfailurerate", "DestinationFailureRate", true)]
    [InlineData(2, true, "FailedConnects", "FailedConnects", true)]
    [InlineData(2, true, "Own", "Own", true)]
    public async Task Cluster_WhatTheFileSays_Stands(int destinations, bool? enabled, string? policy, string? expected, bool? isEnabled)
    {
        var cluster = new ClusterConfig
        {
            ClusterId = "c",
            Destinations = Enumerable.Range(0, destinations).ToDictionary(number => $"d{number}", _ => new DestinationConfig { Address = "http://127.0.0.1/" }),
            HealthCheck = enabled is null ? null : new HealthCheckConfig { Passive = new PassiveHealthCheckConfig { Enabled = enabled, Policy = policy } },
        };

        var configured = (await new PassiveHealthFilter().ConfigureClusterAsync(cluster, CancellationToken.None)).HealthCheck;

        Assert.Equal((expected, isEnabled), (configured?.Passive?.Policy, configured?.Passive?.Enabled));
        Assert.Equal(enabled is null && destinations > 1 ? "HealthyOrPanic" : null, configured?.AvailableDestinationsPolicy);
    }
}
