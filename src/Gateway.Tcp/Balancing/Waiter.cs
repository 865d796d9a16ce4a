namespace Gateway.Tcp.Balancing;

/// <summary>A dial that waits for a place at one of several destinations (<see cref="WaitingLine"/>).</summary>
/// <param name="wanted">The destinations.</param>
internal sealed class Waiter(IReadOnlyList<Share> wanted)
{
    private readonly TaskCompletionSource<Share> _place = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The destinations, each of which will do.</summary>
    public IReadOnlyList<Share> Wanted => wanted;

    /// <summary>The place, once the dial has it: the destination counts the dial already.</summary>
    public Task<Share> Place => _place.Task;

    /// <summary>Ends the wait without a place, so that no timer keeps the waiter.</summary>
    public void GiveUp() => _place.SetCanceled();

    /// <summary>Gives the dial a place at a destination that has one, and that the dial wants.</summary>
    /// <returns>Whether the dial has a place now.</returns>
    public bool TryServe(Load free)
    {
        foreach (var share in wanted)
        {
            if (ReferenceEquals(share.Load, free) && free.TryEnter(new Choice(share.Number)) == Entry.Entered)
            {
                _place.SetResult(share);
                return true;
            }
        }

        return false;
    }
}
