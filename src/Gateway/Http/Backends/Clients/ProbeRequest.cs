namespace Gateway.Http.Backends.Clients;

/// <summary>
/// A request of a health check. It waits for its turn, and its timeout begins when it is sent, because the wait says nothing about the
/// destination.
/// </summary>
internal sealed class ProbeRequest : HttpRequestMessage
{
    private readonly SemaphoreSlim _room;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <summary>Replaces a request of YARP.</summary>
    public ProbeRequest(HttpRequestMessage request, SemaphoreSlim room, TimeSpan timeout, TimeProvider time)
        : base(request.Method, request.RequestUri)
    {
        (_room, _timeout, _time) = (room, timeout, time);
        (Version, VersionPolicy) = (request.Version, request.VersionPolicy);
        foreach (var header in request.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>Sends the request. The response's body is not read and not waited for.</summary>
    /// <param name="client">Returns the HTTP client to send with. Called when the request's turn has come.</param>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpMessageInvoker> client)
    {
        await _room.WaitAsync();
        try
        {
            using var timeout = new CancellationTokenSource(_timeout, _time);
            var answer = await client().SendAsync(this, timeout.Token);
            answer.Content.Dispose();
            return answer;
        }
        finally
        {
            _room.Release();
        }
    }
}
