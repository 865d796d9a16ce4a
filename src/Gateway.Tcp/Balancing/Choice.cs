namespace Gateway.Tcp.Balancing;

/// <summary>What a policy has chosen.</summary>
/// <param name="Number">The number of the share; negative: no share is open.</param>
/// <param name="Seen">
/// The number of connections because of which the share was chosen. <see cref="Anything"/>: the choice does not depend on the number.
/// </param>
internal readonly record struct Choice(int Number, int Seen = Choice.Anything)
{
    /// <summary>The choice holds whatever the number of connections is.</summary>
    public const int Anything = -1;

    /// <summary>No share is open.</summary>
    public static Choice None => new(-1);

    /// <summary>Whether no share is open.</summary>
    public bool IsNone => Number < 0;
}
