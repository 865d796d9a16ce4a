namespace Gateway.Tcp.Dnat;

/// <summary>A chain of nftables.</summary>
/// <param name="Family">ip, ip6 or inet.</param>
/// <param name="Table">The table of the chain.</param>
/// <param name="Name">The name of the chain.</param>
public sealed record NftChain(string Family, string Table, string Name)
{
    /// <summary>The chain as nft writes it.</summary>
    public override string ToString() => $"{Family} {Table} {Name}";
}
