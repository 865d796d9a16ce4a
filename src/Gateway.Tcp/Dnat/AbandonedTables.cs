using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Tables that gateways of this network namespace left when they crashed. Their locks are held until this is disposed, so that nobody
/// starts with one meanwhile.
/// </summary>
internal sealed class AbandonedTables : IDisposable
{
    private readonly List<(string Name, TableLock Lock)> _others = [];

    private AbandonedTables()
    {
    }

    /// <summary>Those of other names than our table's.</summary>
    public IEnumerable<string> Others => _others.Select(static other => other.Name);

    /// <summary>Whether there is one of our table's name, abandoned or not.</summary>
    public bool HasOwn { get; private init; }

    /// <summary>Looks for them; what a living gateway has is left out.</summary>
    public static AbandonedTables Find(Func<string, NftResult> run, string own)
    {
        var answer = run(NftCommands.ListChains());
        var tables = answer.IsDone ? DnatRuleset.FindTables(answer.Output) : [];
        var found = new AbandonedTables { HasOwn = tables.Contains(own) };
        foreach (var table in tables)
        {
            if (table != own && TableLock.TryTake(table) is { } taken)
            {
                found._others.Add((table, taken));
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _others.ForEach(static other => other.Lock.Dispose());
}
