using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// One nftables table of this network namespace: the connection to nftables, the lock of the table, and tables that dead gateways left.
/// Knows nothing of the contents of the table. Used by one thread at a time.
/// </summary>
internal sealed class DnatTable : IDisposable
{
    private readonly bool _isGiven;
    private Func<string, bool, NftResult>? _run;
    private Nftables? _nftables;
    private TableLock? _lock;

    /// <summary>Makes an object for a table, which need not exist.</summary>
    /// <param name="name">The name of the table.</param>
    /// <param name="run">Executes commands, or only checks them (true); null: libnftables does.</param>
    public DnatTable(string name, Func<string, bool, NftResult>? run = null) => (Name, _run, _isGiven) = (name, run, run is not null);

    /// <summary>The name of the table.</summary>
    public string Name { get; }

    /// <summary>Whether nftables is open.</summary>
    [MemberNotNullWhen(true, nameof(_run))]
    public bool IsOpen => _run is not null;

    /// <summary>
    /// Whether this process may change the table. The capability is checked, because without it the library's error is arbitrary, or
    /// missing.
    /// </summary>
    public bool IsPermitted => _isGiven || ProcessRights.Read().NetAdmin;

    /// <summary>Opens nftables.</summary>
    /// <param name="problem">Why nftables cannot be opened, with the cure; empty on success.</param>
    public bool TryOpen(out string problem)
    {
        problem = "";
        if (!IsOpen && Nftables.TryOpen(out _nftables, out problem))
        {
            _run = (commands, isDry) => isDry ? _nftables.Check(commands) : _nftables.Run(commands);
        }

        return IsOpen;
    }

    /// <summary>Takes the lock of the table; false if another gateway has it.</summary>
    public bool TryLock() => (_lock ??= TableLock.TryTake(Name)) is not null;

    /// <summary>The lock of the table, for the process that takes this one's place; null: this process does not have it.</summary>
    public SafeSocketHandle? LockHandle => _lock?.Handle;

    /// <summary>Takes the lock that the process before this one has handed over.</summary>
    public void AdoptLock(SafeSocketHandle socket) => _lock = TableLock.Adopt(socket);

    /// <summary>Lets the kernel check commands without executing them.</summary>
    public NftResult Check(NftCommands commands) => Execute(commands.ToJson(), isDry: true);

    /// <summary>Executes commands, all or none.</summary>
    public NftResult Run(NftCommands commands) => Run(commands.ToJson());

    /// <summary>Executes commands, all or none.</summary>
    /// <param name="commands">The commands in JSON.</param>
    public NftResult Run(string commands) => Execute(commands, isDry: false);

    /// <summary>
    /// Looks for tables that gateways left when they crashed, because their rules stay in force whatever the configuration says now.
    /// </summary>
    /// <param name="isWanted">Whether there will be rules in our table.</param>
    /// <param name="onFound">Called for each abandoned table with another name.</param>
    /// <param name="problem">Why these tables could not be removed; null: they were removed, or there was no need.</param>
    /// <returns>
    /// The tables that the first transaction on our table must remove; our table belongs to us then. Null: no table needs to be removed.
    /// </returns>
    public AbandonedTables? FindAbandoned(bool isWanted, Action<string> onFound, out string? problem)
    {
        problem = null;
        // Without the capability the kernel does not even list tables.
        if (!IsOpen && (!IsPermitted || !TryOpen(out _)))
        {
            return null;
        }

        var found = AbandonedTables.Find(Run, Name);
        foreach (var table in found.Others)
        {
            onFound(table);
        }

        // Even without Dnat routes, an idle table of ours replaces the abandoned tables, because connections that they have translated need
        // some nat chain.
        if (isWanted || ((found.HasOwn || found.Others.Any()) && TryLock()))
        {
            return found;
        }

        // There are no tables, or a running gateway has a table of our name. Then its nat chain is enough.
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
