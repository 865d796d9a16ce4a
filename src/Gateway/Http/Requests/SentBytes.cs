using System.IO.Pipelines;
using Gateway.Http.Messages;
using Gateway.Http.Responses;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http.Requests;

/// <summary>
/// Counts the bytes of a response's body for the access log. It wraps the server's response body. For WebSockets (by Upgrade in HTTP/1.1,
/// by CONNECT in HTTP/2) it also wraps the upgraded stream, and counts both directions. YARP writes to the stream. Writes to the pipe
/// writer are not counted, because the pipe writer is the server's own.
/// </summary>
internal sealed class SentBytes : CountingStream, IHttpResponseBodyFeature, IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private CountingStream? _upgraded;

    private readonly WaitingResponse _waiting;

    private SentBytes(
        IHttpResponseBodyFeature body, IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect, WaitingResponse waiting)
        : base(body.Stream, waiting)
    {
        _waiting = waiting;
        _body = body;
        _upgrade = upgrade;
        _connect = connect;
    }

    /// <summary>Starts counting for <paramref name="context"/>, whose response may have to wait for the client.</summary>
    public static SentBytes? Of(HttpContext context, WaitingResponse waiting)
    {
        if (context.Features.Find<IHttpResponseBodyFeature>() is not { } body)
        {
            return null;
        }
        var upgrade = context.Features.Find<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgradable ? upgradable : null;
        var connect = context.Features.Find<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } extended ? extended : null;
        var sent = new SentBytes(body, upgrade, connect, waiting);
        context.Features.Put<IHttpResponseBodyFeature>(sent);
        if (upgrade is not null)
        {
            context.Features.Put<IHttpUpgradeFeature>(sent);
        }
        if (connect is not null)
        {
            context.Features.Put<IHttpExtendedConnectFeature>(sent);
        }
        return sent;
    }

    /// <summary>The number of bytes of the body or of the upgraded stream that were given to the server so far.</summary>
    public long Count => BytesWritten + (_upgraded?.BytesWritten ?? 0);

    /// <summary>The number of bytes received on the upgraded stream.</summary>
    public long Received => _upgraded?.BytesRead ?? 0;

    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => _body.Writer;

    bool IHttpUpgradeFeature.IsUpgradableRequest => _upgrade?.IsUpgradableRequest == true;

    bool IHttpExtendedConnectFeature.IsExtendedConnect => _connect?.IsExtendedConnect == true;

    string? IHttpExtendedConnectFeature.Protocol => _connect?.Protocol;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync() => _upgraded = new CountingStream(await _upgrade!.UpgradeAsync(), _waiting);

    async ValueTask<Stream> IHttpExtendedConnectFeature.AcceptAsync() =>
        _upgraded = new CountingStream(await _connect!.AcceptAsync(), _waiting);

    Task IHttpResponseBodyFeature.CompleteAsync() => _body.CompleteAsync();

    void IHttpResponseBodyFeature.DisableBuffering() => _body.DisableBuffering();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => _body.StartAsync(cancellationToken);

    async Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        await _body.SendFileAsync(path, offset, count, cancellationToken);
}
