namespace Gateway.Checks;

/// <summary>The reaction of a backend to a connection without a PROXY header.</summary>
/// <param name="First">The reaction before anything was sent.</param>
/// <param name="ToLineFeeds">The reaction to line feeds; null: none were sent.</param>
internal sealed record BareReaction(Reaction First, Reaction? ToLineFeeds)
{
    /// <summary>The backend sends first, perhaps slowly, and does not wait for a header.</summary>
    public bool Greets => First.HasWords || ToLineFeeds is { GreetsFirst: true };

    /// <summary>
    /// The backend closes on bytes that are no header, without an answer in its own protocol. (Postfix sends 421.) An ordinary server
    /// answers line feeds in its own protocol: 400, a TLS alert.
    /// </summary>
    public bool Insists => ToLineFeeds is { HasEnded: true } end && (!end.HasWords || end.Text.StartsWith("421", StringComparison.Ordinal));
}
