using System.Net.Sockets;

namespace Gateway.Tcp.Dnat;

/// <content>The table given to the process that takes this one's place.</content>
internal sealed partial class DnatKernel
{
    private bool _isSuspended;

    /// <summary>
    /// Leaves the table as it is from now on, because another process is about to take it over. That process gets the table's lock.
    /// </summary>
    /// <returns>The lock, which stays this object's; null: this process does not have the table.</returns>
    public SafeSocketHandle? Suspend()
    {
        lock (_gate)
        {
            _isSuspended = true;
            return _table.LockHandle;
        }
    }

    /// <summary>The other process has not started: makes the table anew, because that process may have changed it.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _isSuspended = false;
            _applied = null;
        }

        Wake();
    }

    /// <summary>The table belongs to another process now: this process neither changes nor removes it.</summary>
    public void Leave()
    {
        _stop.Cancel();
        lock (_gate)
        {
            (_isOurs, _applied) = (false, null);
        }
    }

    /// <summary>Takes the lock that the process before this one has handed over. To be called before <see cref="Check"/>.</summary>
    public void AdoptLock(SafeSocketHandle handed)
    {
        lock (_gate)
        {
            _table.AdoptLock(handed);
        }
    }
}
