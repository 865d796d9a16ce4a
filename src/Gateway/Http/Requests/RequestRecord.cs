using System.Diagnostics;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Forwarded;
using Gateway.Tcp.Identification;

namespace Gateway.Http.Requests;

/// <summary>One request, from when it came until its response has been sent: what the access log and the metrics are written
/// from.</summary>
internal sealed class RequestRecord(
    HttpContext context,
    ClientIdentity client,
    ConnectionIdentity connection,
    string listener,
    HttpRequestReport report)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _statusOfApplication;

    /// <summary>The request.</summary>
    public HttpContext Context => context;

    /// <summary>Who sent it.</summary>
    public ClientIdentity Client => client;

    /// <summary>The connection that it came over.</summary>
    public ConnectionIdentity Connection => connection;

    /// <summary>The listener's name.</summary>
    public string Listener => listener;

    /// <summary>Counts what is sent, and sees when the client takes nothing; null: there is no response.</summary>
    public SentBytes? Sent { get; } = SentBytes.Of(context);

    /// <summary>What ended the request here.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Why it failed; null: it did not.</summary>
    public RequestFailure? Reason { get; private set; }

    /// <summary>The status that was sent; 499: none, since the client had left.</summary>
    public int Status { get; private set; }

    /// <summary>The status that the server has sent another instead of; null: it has not.</summary>
    public int? Replaced { get; private set; }

    /// <summary>Time since it came.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>Bytes of the body, or of the upgraded stream, that came.</summary>
    public long ReceivedBytes => (context.Features.Get<UploadContent>()?.Count ?? 0) + (Sent?.Received ?? 0);

    /// <summary>Runs the rest of the application, and reports when the server has sent the response: until then it can still replace
    /// it.</summary>
    public async Task RunAsync(RequestDelegate next)
    {
        context.Features.Set(this);
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
        // Requests that broke a rule of the server's while they were read are answered after this.
        Status = Failure is BadHttpRequestException bad && !response.HasStarted ? bad.StatusCode : response.StatusCode;
        Replaced =
            _statusOfApplication != 0 && _statusOfApplication != Status && Status != StatusCodes.Status499ClientClosedRequest
                ? _statusOfApplication
                : null;
        Reason = RequestFailure.Of(context, Failure) ?? (Replaced is null ? null : RequestFailure.AnswerUnusable);
        report.Completed(this);
        return Task.CompletedTask;
    }
}
