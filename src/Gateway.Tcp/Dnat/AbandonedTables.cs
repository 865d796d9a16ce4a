using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Tables that gateways of this network namespace left when they crashed. This object holds their locks until it is disposed, so that no
/// gateway starts with one of these tables meanwhile.
/// </summary>
internal sealed class AbandonedTables : IDisposable
{
    private readonly List<(string Name, TableLock Lock)> _others = [];

    private AbandonedTables()
    {
    }

    /// <summary>The abandoned tables with other names than our table.</summary>
    public IEnumerable<string> Others => _others.Select(static other => other.Name);

    /// <summary>Whether a table with our table's name exists, abandoned or not.</summary>
    public bool HasOwn { get; private init; }

    /// <summary>Looks for abandoned tables, without the tables of running gateways.</summary>
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
