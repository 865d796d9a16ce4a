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
    /// <param name="except">A section of the entry that does not count; null: all count.</param>
    public Refusal? At(string entry, string? except = null)
    {
        foreach (var (path, message) in problems)
        {
            if (IsBelow(path, entry) && (except is null || !IsBelow(path, $"{entry}:{except}")))
            {
                return new Refusal(message, path.EndsWith(":Address", StringComparison.Ordinal));
            }
        }

        return null;
    }

    private static bool IsBelow(string path, string entry) =>
        path.StartsWith(entry, StringComparison.OrdinalIgnoreCase) && (path.Length == entry.Length || path[entry.Length] == ':');

    /// <summary>Why an entry is refused.</summary>
    /// <param name="Message">In a sentence.</param>
    /// <param name="IsOfAddress">Whether the address is to blame.</param>
    internal sealed record Refusal(string Message, bool IsOfAddress);
}
