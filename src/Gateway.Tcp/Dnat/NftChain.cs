namespace Gateway.Tcp.Dnat;

/// <summary>A chain.</summary>
/// <param name="Family">ip, ip6 or inet.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Its name.</param>
public sealed record NftChain(string Family, string Table, string Name)
{
    /// <summary>As nft writes it.</summary>
    public override string ToString() => $"{Family} {Table} {Name}";
}
