namespace Gateway.Admin.Api;

/// <summary>
/// One answer of the API is made at a time, so that a page, which asks for all its tables at once, leaves the other cores to the data path.
/// Others wait without a thread. The turn ends before the answer is sent, because a peer may read slowly.
/// </summary>
internal sealed class ApiTurn : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Makes an answer when it is its turn.</summary>
    /// <param name="make">Makes it, without waiting.</param>
    /// <param name="cancellation">Ends the wait for the turn.</param>
    public async Task TakeAsync(Action make, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            make();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
