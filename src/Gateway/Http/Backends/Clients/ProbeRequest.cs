namespace Gateway.Http.Backends.Clients;

/// <summary>
/// A request of a health check. It is sent in its turn, and its time begins then: a check that waits says nothing of its destination.
/// </summary>
internal sealed class ProbeRequest : HttpRequestMessage
{
    private readonly SemaphoreSlim _room;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <summary>Takes a request's place.</summary>
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

    /// <summary>Sends it. Nobody reads the body of the answer, which is not waited for.</summary>
    /// <param name="client">Asked when its turn has come, for the HTTP client to send it with.</param>
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
