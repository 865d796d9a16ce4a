namespace Gateway.Checks;

/// <summary>What a backend did without a header.</summary>
/// <param name="First">Before anything was sent.</param>
/// <param name="ToLineFeeds">Then; null: it was not asked.</param>
internal sealed record BareReaction(Reaction First, Reaction? ToLineFeeds)
{
    /// <summary>It speaks first, if perhaps slowly, and without a header.</summary>
    public bool Greets => First.HasWords || ToLineFeeds is { GreetsFirst: true };

    /// <summary>
    /// It closes on what is no header, without a word in its own protocol. (Postfix says 421.) What an ordinary server says of line feeds,
    /// it says in that: 400, a TLS alert.
    /// </summary>
    public bool Insists => ToLineFeeds is { HasEnded: true } end && (!end.HasWords || end.Text.StartsWith("421", StringComparison.Ordinal));
}
