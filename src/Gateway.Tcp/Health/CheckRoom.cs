using System.Diagnostics.CodeAnalysis;

namespace Gateway.Tcp.Health;

/// <summary>
/// How many checks are under way at once. Each holds a descriptor until its destination answers or its time is over: 6,000 destinations
/// that drop SYNs would take 6,000. These come out of the reserve that clients' connections leave, so they are few. Who waits, waits its
/// turn; its check's time begins after that.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose of.")]
internal sealed class CheckRoom
{
    /// <summary>
    /// At once. A tenth of the reserve of 1024; at 2 s for each that does not answer, 6,000 dead ones are asked in a minute and a half.
    /// </summary>
    public const int Most = 128;

    private readonly SemaphoreSlim _room = new(Most);
    private int _waiting;

    /// <summary>How many are under way.</summary>
    public int UnderWay => Most - _room.CurrentCount;

    /// <summary>How many wait for others to end.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits for a place.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellation)
    {
        if (_room.Wait(0, CancellationToken.None))
        {
            return;
        }

        Interlocked.Increment(ref _waiting);
        try
        {
            await _room.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Gives it back.</summary>
    public void Leave() => _room.Release();
}
