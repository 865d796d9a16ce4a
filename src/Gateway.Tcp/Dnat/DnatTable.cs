using System.Diagnostics.CodeAnalysis;
using Gateway.Linux;
using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// One nftables table of this network namespace: the way to it, whose it is, and what dead gateways left beside it. Says nothing of what
/// belongs into it. Used by one thread at a time.
/// </summary>
internal sealed class DnatTable : IDisposable
{
    private readonly bool _isGiven;
    private Func<string, bool, NftResult>? _run;
    private Nftables? _nftables;
    private TableLock? _lock;

    /// <summary>Speaks of a table, which need not be there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Carries commands out, or has them checked only (true); null: libnftables does.</param>
    public DnatTable(string name, Func<string, bool, NftResult>? run = null) => (Name, _run, _isGiven) = (name, run, run is not null);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether there is a way to it.</summary>
    [MemberNotNullWhen(true, nameof(_run))]
    public bool IsOpen => _run is not null;

    /// <summary>Whether this process may change it. Without the capability the library may say anything, also nothing.</summary>
    public bool IsPermitted => _isGiven || ProcessRights.Read().NetAdmin;

    /// <summary>Opens the way to it.</summary>
    /// <param name="problem">Why there is none, with the cure; empty if there is.</param>
    public bool TryOpen(out string problem)
    {
        problem = "";
        if (!IsOpen && Nftables.TryOpen(out _nftables, out problem))
        {
            _run = (commands, isDry) => isDry ? _nftables.Check(commands) : _nftables.Run(commands);
        }

        return IsOpen;
    }

    /// <summary>Takes its lock; false if another gateway has it.</summary>
    public bool TryLock() => (_lock ??= TableLock.TryTake(Name)) is not null;

    /// <summary>Has the kernel check commands without carrying them out.</summary>
    public NftResult Check(NftCommands commands) => Execute(commands.ToJson(), isDry: true);

    /// <summary>Carries commands out, all or none.</summary>
    public NftResult Run(NftCommands commands) => Run(commands.ToJson());

    /// <summary>The same.</summary>
    /// <param name="commands">In JSON.</param>
    public NftResult Run(string commands) => Execute(commands, isDry: false);

    /// <summary>Looks for what gateways left when they crashed: their rules go on, whatever the configuration says by now.</summary>
    /// <param name="isWanted">Whether there will be something in our table.</param>
    /// <param name="onFound">Told of each table that is not ours.</param>
    /// <param name="problem">Why those could not be removed; null: they were, or there was no need.</param>
    /// <returns>
    /// What goes with the first transaction on our table, which is then ours. Null: there is nothing to be done about any.
    /// </returns>
    public AbandonedTables? FindAbandoned(bool isWanted, Action<string> onFound, out string? problem)
    {
        problem = null;
        // Without the capability the kernel does not even list them.
        if (!IsOpen && (!IsPermitted || !TryOpen(out _)))
        {
            return null;
        }

        var found = AbandonedTables.Find(Run, Name);
        foreach (var table in found.Others)
        {
            onFound(table);
        }

        // Without Dnat routes an idle table of ours takes their place: connections that they have translated live as long as some nat chain
        // does.
        if (isWanted || ((found.HasOwn || found.Others.Any()) && TryLock()))
        {
            return found;
        }

        // Nothing is there, or a living gateway has our table's name: its nat chain does as well.
        using (found)
        {
            if (found.Others.Any() && Run(new NftCommands(Name).DeleteTables(found.Others)) is { IsDone: false } refusal)
            {
                problem = refusal.Error;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _run = null;
        _nftables?.Dispose();
        _nftables = null;
        _lock?.Dispose();
    }

    private NftResult Execute(string commands, bool isDry) =>
        _run?.Invoke(commands, isDry) ?? throw new ObjectDisposedException(nameof(DnatTable), "The table is not open.");
}
