namespace Gateway.Linux.Netfilter;

/// <summary>The answer of nftables.</summary>
/// <param name="IsDone">True: the whole transaction was executed. False: no part of it was.</param>
/// <param name="Output">The answer in JSON; empty for a change.</param>
/// <param name="Error">Why the transaction failed, in the words of nftables, on one line.</param>
internal readonly record struct NftResult(bool IsDone, string Output, string Error)
{
    /// <summary>Whether a table or chain in the commands does not exist (ENOENT), because it was removed from outside.</summary>
    public bool IsAbsent => !IsDone && Error.Contains("No such file or directory", StringComparison.Ordinal);

    /// <summary>Whether a right is missing (EPERM).</summary>
    public bool IsDenied => !IsDone && Error.Contains("Operation not permitted", StringComparison.Ordinal);
}
