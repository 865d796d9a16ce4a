using System.Text.Json;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Requests;
using Gateway.Tcp;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;
using ClusterModel = Gateway.Tcp.Clusters.ClusterModel;

namespace Gateway.Admin.Api;

/// <summary><c>/api/clusters</c>: the clusters of both planes with their destinations, which can be drained.</summary>
internal sealed class ClustersResource(
    TcpDataPlane tcp, IProxyStateLookup http, DrainedDestinations drained, DestinationErrors errors, DestinationTimes times)
{
    private const string Healthy = "healthy";
    private const string Unhealthy = "unhealthy";
    private const string Unknown = "unknown";

    /// <summary>Writes all clusters. There may be thousands: the core is yielded after each, for an event loop that waits for it.</summary>
    public void List(Utf8JsonWriter json)
    {
        json.WriteStartArray("clusters");
        foreach (var cluster in tcp.Model.Clusters.Values.OrderBy(static cluster => cluster.Name, StringComparer.Ordinal))
        {
            Write(json, cluster);
            Thread.Yield();
        }

        foreach (var cluster in http.GetClusters().OrderBy(static cluster => cluster.ClusterId, StringComparer.Ordinal))
        {
            Write(json, cluster);
            Thread.Yield();
        }

        json.WriteEndArray();
    }

    /// <summary>Drains a destination of each cluster of this name, TCP and HTTP, or ends that.</summary>
    /// <returns>False: there is no such destination.</returns>
    public bool SetDrained(string cluster, string destination, bool isDrained)
    {
        var isFound = tcp.SetDrained(cluster, destination, isDrained);
        if (http.TryGetCluster(cluster, out var state) && state.Destinations.TryGetValue(destination, out var found))
        {
            drained.Set(found, isDrained);
            isFound = true;
        }

        return isFound;
    }

    private static void Write(Utf8JsonWriter json, ClusterModel cluster)
    {
        json.WriteStartObject();
        json.WriteString("name", cluster.Name);
        json.WriteString("protocol", "tcp");
        json.WriteString("policy", cluster.PolicyName);
        json.WriteNumber("waiting", cluster.Waiting);
        json.WriteStartArray("destinations");
        foreach (var destination in DestinationStatus.Of(cluster))
        {
            Write(json, destination);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DestinationStatus destination)
    {
        json.WriteStartObject();
        json.WriteString("name", destination.Name);
        json.WriteString("address", destination.Address);
        json.WriteString("health", Word(destination.Health));
        json.WriteNumber("activeConnections", destination.ActiveConnections);
        if (destination.MaxConnections is { } most)
        {
            json.WriteNumber("maxConnections", most);
        }

        json.WriteNumber("weight", destination.Weight);
        json.WriteNumber("priority", destination.Priority);
        json.WriteBoolean("ejected", destination.IsEjected);
        json.WriteBoolean("drained", destination.IsDrained);
        json.WriteNumber("failures", destination.Failures);
        json.WriteString("lastError", destination.LastError);
        Write(json, "connects", destination.Connects);
        json.WriteStartArray("addresses");
        foreach (var address in destination.Addresses)
        {
            json.WriteStartObject();
            json.WriteString("address", address.Address.ToString());
            json.WriteString("health", Word(address.Health));
            if (address.ActiveConnections is { } active)
            {
                json.WriteNumber("activeConnections", active);
            }

            json.WriteBoolean("avoided", address.IsAvoided);
            json.WriteString("lastError", address.LastError);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, ClusterState cluster)
    {
        json.WriteStartObject();
        json.WriteString("name", cluster.ClusterId);
        json.WriteString("protocol", "http");
        json.WriteString("policy", cluster.Model.Config.LoadBalancingPolicy ?? "PowerOfTwoChoices");
        json.WriteStartArray("destinations");
        foreach (var destination in cluster.Destinations.Values.OrderBy(static one => one.DestinationId, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("name", destination.DestinationId);
            json.WriteString("address", destination.Model.Config.Address);
            json.WriteString("health", HealthOf(destination.Health.Active));
            json.WriteNumber("activeConnections", destination.ConcurrentRequestCount);
            json.WriteBoolean("ejected", destination.Health.Passive == DestinationHealth.Unhealthy);
            json.WriteBoolean("drained", drained.Contains(destination));
            json.WriteString("lastError", errors.LastOf(destination));
            Write(json, "requests", times.LastMinuteOf(destination));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string what, RecentSummary lastMinute)
    {
        json.WriteStartObject("lastMinute");
        json.WriteNumber(what, lastMinute.Count);
        json.WriteNumber("failed", lastMinute.Faults);
        json.WriteNumber("medianMs", Math.Round(lastMinute.Median.TotalMilliseconds, 3));
        json.WriteNumber("p99Ms", Math.Round(lastMinute.P99.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    private static string Word(bool? isHealthy) => isHealthy switch
    {
        true => Healthy,
        false => Unhealthy,
        null => Unknown,
    };

    private static string HealthOf(DestinationHealth health) => health switch
    {
        DestinationHealth.Healthy => Healthy,
        DestinationHealth.Unhealthy => Unhealthy,
        _ => Unknown,
    };
}
