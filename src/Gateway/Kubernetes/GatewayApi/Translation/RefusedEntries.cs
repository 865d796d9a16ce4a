namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// Entries that the validation of the whole configuration has refused, or that this host cannot run. The next translation leaves them out,
/// and says so in the statuses of their objects.
/// </summary>
/// <param name="problems">The problems by key path.</param>
internal sealed class RefusedEntries(IReadOnlyDictionary<string, string> problems)
{
    /// <summary>Nothing is refused.</summary>
    public static RefusedEntries None { get; } = new(new Dictionary<string, string>());

    /// <summary>What is refused of an entry; null: nothing.</summary>
    /// <param name="entry">The key path of the entry.</param>
    public Refusal? At(string entry)
    {
        foreach (var (path, message) in problems)
        {
            if (path.StartsWith(entry, StringComparison.OrdinalIgnoreCase) && (path.Length == entry.Length || path[entry.Length] == ':'))
            {
                return new Refusal(message, path.EndsWith(":Address", StringComparison.Ordinal));
            }
        }

        return null;
    }

    /// <summary>Why an entry is refused.</summary>
    /// <param name="Message">In a sentence.</param>
    /// <param name="IsOfAddress">Whether the address is to blame.</param>
    internal sealed record Refusal(string Message, bool IsOfAddress);
}
