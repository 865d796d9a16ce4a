namespace Gateway.Linux.Netfilter;

/// <summary>What nftables answered.</summary>
/// <param name="IsDone">Whether the whole transaction was carried out; if not, nothing of it was.</param>
/// <param name="Output">The answer's JSON; empty for a change.</param>
/// <param name="Error">Why not, in nftables' words on one line.</param>
public readonly record struct NftResult(bool IsDone, string Output, string Error)
{
    /// <summary>Whether what was named does not exist (ENOENT): somebody removed it.</summary>
    public bool IsAbsent => !IsDone && Error.Contains("No such file or directory", StringComparison.Ordinal);

    /// <summary>Whether the kernel wants more rights (EPERM).</summary>
    public bool IsDenied => !IsDone && Error.Contains("Operation not permitted", StringComparison.Ordinal);
}
