using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp;

/// <content>Health checks, and the connections that the kernel forwards (Dnat routes).</content>
public sealed partial class TcpDataPlane
{
    // New listeners are bound already, so their first clients wait as long. A destination that is up answers within milliseconds.
    private static readonly TimeSpan FirstVerdicts = TimeSpan.FromSeconds(1);

    /// <summary>Finds what the Dnat routes of a model need and this host lacks, each with the cure. Changes nothing.</summary>
    /// <param name="model">The connections that the kernel is to forward.</param>
    public IReadOnlyList<Finding> CheckDnat(DnatModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _dnat.Check(model);
    }

    /// <summary>
    /// Prepares a configuration: begins to check new destinations, then lets the kernel forward. The kernel needs the verdicts of health
    /// checks, because it cannot try another destination if a connect fails, and a connection that it does not forward arrives here. So
    /// this method waits for verdicts for up to a second. The engine can try another destination, so it needs no verdict. To be called
    /// before <see cref="Update"/>, and not twice at once. A call with the configuration in force undoes the last preparation.
    /// </summary>
    /// <param name="model">The model that <see cref="Update"/> will get.</param>
    /// <param name="dnat">The part of the model that the kernel forwards.</param>
    /// <returns>Why the kernel refused the rules; then nothing has changed. Empty: the kernel forwards.</returns>
    public async Task<IReadOnlyList<Finding>> PrepareAsync(TcpModel model, DnatModel dnat)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(dnat);
        var inForce = _pipeline.Model.Clusters.Values;
        _health.Follow(inForce, trial: model.Clusters.Values);
        await _health.FirstVerdictsAsync(dnat.Clusters, FirstVerdicts);
        var problems = _dnat.Apply(dnat);
        if (problems.Count > 0)
        {
            _health.Follow(inForce);
        }

        return problems;
    }

    /// <summary>Makes the kernel take no new connections. Connections that it forwards already go on.</summary>
    public void StopDnat() => _dnat.StopTaking();

    /// <summary>Waits for forwarded connections to end. Does not throw when time runs out.</summary>
    /// <param name="timeout">How long to wait.</param>
    public Task DrainDnatAsync(TimeSpan timeout) => _dnat.DrainAsync(timeout);

    /// <summary>Removes the gateway's table from the kernel. Safe to call twice, and from any thread.</summary>
    public void RemoveDnat() => _dnat.Remove();

    /// <summary>The nftables table of Dnat routes.</summary>
    public string DnatTableName => _dnat.TableName;

    /// <summary>Leaves the table as it is, for the process that takes this one's place.</summary>
    /// <returns>The table's lock, which stays the data plane's; null: this process does not have the table.</returns>
    public SafeSocketHandle? SuspendDnat() => _dnat.Suspend();

    /// <summary>The other process has not started: this process keeps the table up to date again.</summary>
    public void ResumeDnat() => _dnat.Resume();

    /// <summary>The table belongs to another process now, and stays when this process ends.</summary>
    public void LeaveDnat() => _dnat.Leave();

    /// <summary>
    /// Takes over the lock of the table from the process before this one. To be called before the first configuration.
    /// </summary>
    /// <param name="table">The table of the process before.</param>
    /// <param name="handed">The lock, which belongs to the data plane now.</param>
    /// <returns>Whether it is this data plane's table. If not, the process before removes its table.</returns>
    public bool TryAdoptDnatLock(string table, SafeSocketHandle handed)
    {
        ArgumentNullException.ThrowIfNull(handed);
        if (table == _dnat.TableName)
        {
            _dnat.AdoptLock(handed);
            return true;
        }

        handed.Dispose();
        return false;
    }
}
