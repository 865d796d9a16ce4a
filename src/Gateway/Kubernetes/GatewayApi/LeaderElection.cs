using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>
/// Decides which of several replicas writes statuses, by a Lease (coordination.k8s.io/v1) as client-go does it.
/// <para>
/// The holder renews the Lease. Another replica takes it once it has not changed for the Lease's duration by the replica's own clock, so
/// clocks need not agree. A write names the version that was read, so of two replicas that take it at once one fails.
/// </para>
/// </summary>
/// <param name="client">Asks the API server.</param>
/// <param name="ns">The namespace of the Lease.</param>
/// <param name="name">The name of the Lease.</param>
/// <param name="identity">The name of this replica, which no other replica has.</param>
/// <param name="time">The clock.</param>
internal sealed class LeaderElection(ApiClient client, string ns, string name, string identity, TimeProvider time)
{
    /// <summary>How long the Lease holds without being renewed. As client-go's default.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    /// <summary>How often it is renewed, and looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private const string Json = "application/json";

    private readonly string _folder = $"/apis/coordination.k8s.io/v1/namespaces/{ns}/leases";
    private string? _seenVersion;
    private long _seenAt;

    /// <summary>Whether this replica held the Lease when it looked last.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>Takes or renews the Lease if that is this replica's turn.</summary>
    /// <returns>Whether this replica is the one that writes.</returns>
    public async Task<bool> TryAsync(CancellationToken cancellation)
    {
        IsLeader = false;
        var (status, body) = await client.SendAsync(HttpMethod.Get, $"{_folder}/{name}", null, Json, cancellation);
        if (status == HttpStatusCode.NotFound)
        {
            return IsLeader = await WriteAsync(HttpMethod.Post, _folder, New(), cancellation);
        }

        if (status != HttpStatusCode.OK || JsonNode.Parse(body) is not JsonObject lease)
        {
            throw new ApiException((int)status, null, $"the Lease {ns}/{name} cannot be read: status {(int)status}");
        }

        var holder = lease["spec"]?["holderIdentity"]?.GetValue<string>();
        var isMine = holder == identity;
        return IsLeader = (isMine || string.IsNullOrEmpty(holder) || IsExpired(lease))
            && await WriteAsync(HttpMethod.Put, $"{_folder}/{name}", Renewed(lease, isMine), cancellation);
    }

    /// <summary>Gives the Lease back, so that another replica need not wait for its end.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (!IsLeader)
        {
            return;
        }

        IsLeader = false;
        var (status, body) = await client.SendAsync(HttpMethod.Get, $"{_folder}/{name}", null, Json, cancellation);
        if (status == HttpStatusCode.OK && JsonNode.Parse(body) is JsonObject lease
            && lease["spec"]?["holderIdentity"]?.GetValue<string>() == identity)
        {
            lease["spec"]!["holderIdentity"] = "";
            await WriteAsync(HttpMethod.Put, $"{_folder}/{name}", lease, cancellation);
        }
    }

    private bool IsExpired(JsonObject lease)
    {
        var version = lease["metadata"]?["resourceVersion"]?.GetValue<string>();
        if (version != _seenVersion)
        {
            (_seenVersion, _seenAt) = (version, time.GetTimestamp());
        }

        return time.GetElapsedTime(_seenAt) >= Duration;
    }

    private JsonObject New() => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = identity,
            ["leaseDurationSeconds"] = (int)Duration.TotalSeconds,
            ["acquireTime"] = Now(),
            ["renewTime"] = Now(),
            ["leaseTransitions"] = 0,
        },
    };

    private JsonObject Renewed(JsonObject lease, bool isMine)
    {
        if (lease["spec"] is not JsonObject spec)
        {
            lease["spec"] = spec = [];
        }

        if (!isMine)
        {
            spec["holderIdentity"] = identity;
            spec["acquireTime"] = Now();
            spec["leaseTransitions"] = (spec["leaseTransitions"]?.GetValue<int>() ?? 0) + 1;
        }

        spec["leaseDurationSeconds"] = (int)Duration.TotalSeconds;
        spec["renewTime"] = Now();
        return lease;
    }

    // Kubernetes' MicroTime.
    private string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    // False: another replica was faster (409).
    private async Task<bool> WriteAsync(HttpMethod method, string path, JsonObject lease, CancellationToken cancellation)
    {
        var (status, _) = await client.SendAsync(method, path, Encoding.UTF8.GetBytes(lease.ToJsonString()), Json, cancellation);
        return status is HttpStatusCode.OK or HttpStatusCode.Created
            || (status == HttpStatusCode.Conflict
                ? false
                : throw new ApiException((int)status, null, $"the Lease {ns}/{name} cannot be written: status {(int)status}"));
    }
}
