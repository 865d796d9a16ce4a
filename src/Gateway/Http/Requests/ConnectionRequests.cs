using System.Net;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Messages;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Relaying;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>
/// What the status page shows of a connection's requests: the newest request and where it goes, and the bytes of all bodies. A connection
/// feature, written by the connection's requests and read from any thread. It holds no request's context, because the server uses contexts
/// again. With HTTP/2, requests run at the same time, and the fields may be those of different requests for a moment.
/// </summary>
internal sealed class ConnectionRequests
{
    private const int MaxPathLength = 200;
    private const int MaxMethodLength = 32;

    private SentBytes? _running;
    private string? _method;
    private string? _target;
    private long _received;
    private long _sent;
    private long _endedAt;
    private int _count;

    /// <summary>The client of the newest request; null: there was no request yet.</summary>
    public IPAddress? Client { get; private set; }

    /// <summary>The route of the newest request that was sent to a destination; null: none was.</summary>
    public RouteModel? Route { get; private set; }

    /// <summary>The destination of that request.</summary>
    public DestinationState? Destination { get; private set; }

    /// <summary>The number of requests.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How long the connection has been idle: the time since a request ended; null: no request has ended.</summary>
    public TimeSpan? Idle => _endedAt == 0 ? null : TimeSpan.FromMilliseconds(Environment.TickCount64 - _endedAt);

    /// <summary>The status of the newest response; 0: none yet.</summary>
    public int Status { get; private set; }

    /// <summary>Why the request that ended last failed; null: it did not fail.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// The bytes of bodies and upgraded streams: of the requests that ended, and of the newest one so far. An upload counts when it ends.
    /// </summary>
    public RelayedBytes Carried
    {
        get
        {
            var running = Volatile.Read(ref _running);
            return new RelayedBytes(
                Interlocked.Read(ref _received) + (running?.Received ?? 0), Interlocked.Read(ref _sent) + (running?.Count ?? 0));
        }
    }

    /// <summary>The method and path of the newest request; null: there was none.</summary>
    public string? Newest => _method is { } method
        ? $"{(method.Length > MaxMethodLength ? method[..MaxMethodLength] : method)} {PathOf(_target)}"
        : null;

    /// <summary>How a destination learns the client's address; null: no request was sent to any.</summary>
    public string? Mode => Route is not { } route ? null : ModeOf(route.Cluster?.Model.Config.Metadata);

    /// <summary>How the destinations of a cluster learn the client's address.</summary>
    /// <param name="metadata">The cluster's metadata.</param>
    public static string ModeOf(IReadOnlyDictionary<string, string>? metadata) =>
        ClusterSourceIp.Of(metadata)?.Config.Mode is { } mode and not SourceIpMode.None
            ? $"X-Forwarded-For, {mode}"
            : "X-Forwarded-For";

    /// <summary>A request has come.</summary>
    public void Begin(RequestRecord record)
    {
        Interlocked.Increment(ref _count);
        Client = record.Client.Client;
        _method = record.Context.Request.Method;
        _target = record.Context.Features.Find<IHttpRequestFeature>()?.RawTarget;
        Volatile.Write(ref _running, record.Sent);
    }

    /// <summary>A request is sent to a destination.</summary>
    public void Send(IReverseProxyFeature proxy) => (Route, Destination) = (proxy.Route, proxy.ProxiedDestination);

    /// <summary>A request has ended.</summary>
    public void End(RequestRecord record)
    {
        Interlocked.CompareExchange(ref _running, null, record.Sent);
        Interlocked.Add(ref _received, record.ReceivedBytes);
        Interlocked.Add(ref _sent, record.Sent?.Count ?? 0);
        (Status, Failure) = (record.Status, record.FailureText);
        _endedAt = Environment.TickCount64;
        // A request that no destination got has not come to the transforms.
        if (record.Proxy is { } proxy)
        {
            Send(proxy);
        }
    }

    // Without the query, which may hold secrets.
    private static string PathOf(string? target)
    {
        var path = target.AsSpan();
        var end = path.IndexOf('?');
        path = end < 0 ? path : path[..end];
        return path.Length <= MaxPathLength ? path.ToString() : $"{path[..MaxPathLength]}…";
    }
}
