using System.IO.Pipelines;
using Gateway.Http.Responses;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>
/// Counts the bytes of a response's body for the access log: it stands before the server's response body, and before its upgraded stream for
/// WebSockets. YARP writes to the stream; the pipe writer is the server's own and not counted.
/// </summary>
internal sealed class SentBytes : CountingStream, IHttpResponseBodyFeature, IHttpUpgradeFeature
{
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpUpgradeFeature? _upgrade;
    private CountingStream? _upgraded;

    private readonly WaitingResponse _waiting;

    private SentBytes(IHttpResponseBodyFeature body, IHttpUpgradeFeature? upgrade, WaitingResponse waiting) : base(body.Stream, waiting)
    {
        _waiting = waiting;
        _body = body;
        _upgrade = upgrade;
    }

    /// <summary>Starts counting for <paramref name="context"/>.</summary>
    public static SentBytes? Of(HttpContext context, WaitingResponse waiting)
    {
        if (context.Features.Get<IHttpResponseBodyFeature>() is not { } body)
        {
            return null;
        }
        var upgrade = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgradable ? upgradable : null;
        var sent = new SentBytes(body, upgrade, waiting);
        context.Features.Set<IHttpResponseBodyFeature>(sent);
        if (upgrade is not null)
        {
            context.Features.Set<IHttpUpgradeFeature>(sent);
        }
        return sent;
    }

    /// <summary>Bytes of the body, or of the upgraded stream, handed to the server so far.</summary>
    public long Count => BytesWritten + (_upgraded?.BytesWritten ?? 0);

    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => _body.Writer;

    bool IHttpUpgradeFeature.IsUpgradableRequest => _upgrade?.IsUpgradableRequest == true;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync() => _upgraded = new CountingStream(await _upgrade!.UpgradeAsync(), _waiting);

    Task IHttpResponseBodyFeature.CompleteAsync() => _body.CompleteAsync();

    void IHttpResponseBodyFeature.DisableBuffering() => _body.DisableBuffering();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => _body.StartAsync(cancellationToken);

    async Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        await _body.SendFileAsync(path, offset, count, cancellationToken);
}
