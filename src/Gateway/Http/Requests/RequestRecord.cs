using System.Diagnostics;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Forwarded;
using Gateway.Http.Messages;
using Gateway.Http.Responses;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>The data of one request for the access log and the metrics, from its arrival until its response has been sent.</summary>
internal sealed class RequestRecord(
    HttpContext context,
    ClientIdentity client,
    ConnectionIdentity connection,
    string listener,
    WaitingResponse waiting,
    HttpRequestReport report)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _statusOfApplication;

    /// <summary>The request.</summary>
    public HttpContext Context => context;

    /// <summary>The client that sent the request.</summary>
    public ClientIdentity Client => client;

    /// <summary>The connection that carried the request.</summary>
    public ConnectionIdentity Connection => connection;

    /// <summary>The listener's name.</summary>
    public string Listener => listener;

    /// <summary>The response, which may have to wait for the client.</summary>
    public WaitingResponse Waiting => waiting;

    /// <summary>What the status page shows of the connection; null: the connection has no part in it.</summary>
    public ConnectionRequests? OfConnection { get; } = context.Features.Find<ConnectionRequests>();

    /// <summary>Counts the sent bytes, and notices when the client takes nothing; null: there is no response body.</summary>
    public SentBytes? Sent { get; } = SentBytes.Of(context, waiting);

    /// <summary>The exception that ended the request in the gateway, if any.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Of a request that has ended: how YARP routed it; null: it came to no route.</summary>
    public IReverseProxyFeature? Proxy => field ??= context.Features.Find<IReverseProxyFeature>();

    /// <summary>Why the request failed; null if it did not fail.</summary>
    public CloseReason? Reason { get; private set; }

    /// <summary>
    /// <see cref="Reason"/> in one word, and behind it, if the destination could not be reached, what was in the way; null: the request did
    /// not fail.
    /// </summary>
    public string? FailureText => Reason is not { } reason ? null
        : reason.IsUnreachable() && LogText.DetailOf(RequestFailures.ErrorOf(context)?.Exception) is { } detail
            ? $"{reason.Label()}: {detail}"
            : reason.Label();

    /// <summary>The status that was sent; 499: none was sent, because the client had left.</summary>
    public int Status { get; private set; }

    /// <summary>The application's status, if the server has sent another status instead; otherwise null.</summary>
    public int? Replaced { get; private set; }

    /// <summary>The time since the request came.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>The number of bytes received of the body or of the upgraded stream.</summary>
    public long ReceivedBytes => (context.Features.Find<UploadContent>()?.Count ?? 0) + (Sent?.Received ?? 0);

    /// <summary>The time until the response began, if the access log needs it; null: it has not begun, or nobody noted it.</summary>
    public TimeSpan? ResponseStart { get; private set; }

    /// <summary>Whether the interval lines of the access log look at the request.</summary>
    public bool IsWatched { get; set; }

    /// <summary>The request has got its route.</summary>
    public void Begin() => report.Begun(this);

    /// <summary>Notes when the response begins.</summary>
    public void NoteResponseStart() => context.Response.OnStarting(static state =>
    {
        var record = (RequestRecord)state;
        record.ResponseStart = record.Elapsed;
        return Task.CompletedTask;
    }, this);

    /// <summary>Runs the rest of the application, and reports when the server has sent the response, because the server can replace the
    /// response until then.</summary>
    public async Task RunAsync(RequestDelegate next)
    {
        context.Features.Put(this);
        OfConnection?.Begin(this);
        context.Response.OnCompleted(static record => ((RequestRecord)record).CompleteAsync(), this);
        try
        {
            await next(context);
            _statusOfApplication = context.Response.StatusCode;
        }
        catch (Exception failed)
        {
            Failure = failed;
            throw;
        }
    }

    private Task CompleteAsync()
    {
        var response = context.Response;
        // The server answers a request that broke one of its rules only after this method, so the status comes from the exception.
        Status = Failure is BadHttpRequestException bad && !response.HasStarted ? bad.StatusCode : response.StatusCode;
        Replaced =
            _statusOfApplication != 0 && _statusOfApplication != Status && Status != StatusCodes.Status499ClientClosedRequest
                ? _statusOfApplication
                : null;
        // The gateway's own end comes first: YARP takes it for a client that has left.
        Reason = waiting.Ended != ResponseEnd.None
            ? CloseReason.ResponseStalled
            : RequestFailures.Of(context, Failure) ?? (Replaced is null ? null : CloseReason.BackendAnswerInvalid);
        report.Completed(this);
        return Task.CompletedTask;
    }
}
