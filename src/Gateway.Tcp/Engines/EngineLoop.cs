using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One thread of an engine, for a server or client that speaks the protocol itself (HTTP): what belongs to one request stays on the loop
/// that accepted the client's connection. Code on a loop must not block, because the loop's other connections would wait.
/// </summary>
public abstract class EngineLoop
{
    [ThreadStatic]
    private static EngineLoop? _current;

    /// <summary>The loop whose thread this is; null: the thread belongs to no loop.</summary>
    public static EngineLoop? Current => _current;

    /// <summary>The number of the loop in its engine, from 0.</summary>
    public abstract int Index { get; }

    /// <summary>Whether this thread is the loop's.</summary>
    public bool IsCurrent => ReferenceEquals(_current, this);

    /// <summary>Runs an action on the loop's thread, in a later round when called from there. False if the loop has ended.</summary>
    public abstract bool RunLater(Action action);

    /// <summary>Continues on the loop's thread, at once when called from there; on any thread once the loop has ended.</summary>
    public abstract ValueTask EnterAsync();

    /// <summary>Lets the loop's other connections run, and continues on its thread.</summary>
    public abstract ValueTask HopAsync();

    /// <summary>When the round began that runs now (<see cref="Environment.TickCount64"/>); 0: the loop waits for events.</summary>
    internal abstract long BusySince { get; }

    /// <summary>What the loop's thread has done so far; null: not known.</summary>
    internal abstract ThreadTimes? ReadTimes();

    /// <summary>Opens connections that the loop carries, for no client's connection.</summary>
    /// <param name="cancellation">Ends an attempt whose connection is not needed any more.</param>
    internal abstract IConnector CreateConnector(CancellationToken cancellation);

    /// <summary>Makes this thread the loop's.</summary>
    protected void BecomeCurrent() => _current = this;
}
