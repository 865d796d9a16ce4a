namespace Gateway.Tcp.Dialing;

/// <summary>The turn of a destination in a dial.</summary>
/// <param name="Number">The number of the destination; negative: there is none.</param>
/// <param name="Pending">The open question for the destination's name, if the dial must wait for the answer.</param>
/// <param name="IsTrial">Whether the dial finds out if a failing destination takes connections again.</param>
internal readonly record struct DestinationTurn(int Number, Task? Pending, bool IsTrial)
{
    /// <summary>No destination.</summary>
    public static DestinationTurn None => new(-1, null, IsTrial: false);
}
