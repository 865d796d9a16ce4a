using System.Diagnostics.CodeAnalysis;

namespace Gateway.Tcp.Health;

/// <summary>
/// Limits how many health checks run at once. Each check holds a descriptor until the destination answers or the timeout is over: 6,000
/// destinations that drop SYNs would hold 6,000 descriptors. These descriptors come out of the reserve that the connection limit leaves
/// free, so only few checks may run at once. Other checks wait in order. The timeout of a check begins after its wait.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose of.")]
internal sealed class CheckRoom
{
    /// <summary>
    /// The most checks at once: an eighth of the reserve of 1024 descriptors. At 2 s for each destination that does not answer, 6,000
    /// dead destinations are checked in a minute and a half.
    /// </summary>
    public const int Most = 128;

    private readonly SemaphoreSlim _room = new(Most);
    private int _waiting;

    /// <summary>The number of checks in progress.</summary>
    public int UnderWay => Most - _room.CurrentCount;

    /// <summary>The number of checks that wait for others to end.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits until a check may run.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
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

    /// <summary>Ends a check: another check may run.</summary>
    public void Leave() => _room.Release();
}
