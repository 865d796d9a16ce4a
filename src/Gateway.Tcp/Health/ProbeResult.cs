namespace Gateway.Tcp.Health;

/// <summary>The result of one check of one address.</summary>
/// <param name="IsGood">
/// Whether the address is good; null: there is no result, because the gateway had no descriptor or port left, or because the check was
/// cancelled. That says nothing about the destination.
/// </param>
/// <param name="Why">What failed, for logs: <c>refused</c>, <c>timeout</c>, <c>status 503</c>. Null: nothing did.</param>
internal readonly record struct ProbeResult(bool? IsGood, string? Why = null)
{
    /// <summary>How long the check took, without its goodbye; null: as long as it ran.</summary>
    public TimeSpan? Took { get; init; }

    /// <summary>A good answer.</summary>
    public static ProbeResult Good => new(true);

    /// <summary>No result.</summary>
    public static ProbeResult None => default;

    /// <summary>A failed check.</summary>
    public static ProbeResult Bad(string why) => new(false, why);
}
