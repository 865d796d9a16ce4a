using System.Runtime.CompilerServices;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// What happens to an accepted connection before anybody routes it or speaks HTTP on it, on either plane:
/// 1. Admit: not while draining, not above the limit.
/// 2. PROXY header: peer → policy → header → client; what follows the header is payload. What may still become a header is waited for or
/// guarded.
/// 3. TOA: without a header, the client from a TCP option of a trusted peer.
/// 4. A header that nobody expects is guarded against.
/// 5. ClientHello: where routes ask for server names or TLS ends here, what it says.
/// A step that refuses a connection ends it with its outcome; the connection's owner accounts for it.
/// </summary>
public sealed class ConnectionPrologue
{
    private readonly LiveConnections _live;
    private readonly ConnectionLimit _limit;
    private readonly IPrologueLook[] _looks;

    /// <summary>Makes the prologue of one plane.</summary>
    /// <param name="rules">What is special about the plane.</param>
    /// <param name="metrics">Those of both planes.</param>
    /// <param name="live">The plane's connections.</param>
    /// <param name="limit">The cap on connections.</param>
    /// <param name="time">For timeouts.</param>
    public ConnectionPrologue(PrologueRules rules, PrologueMetrics metrics, LiveConnections live, ConnectionLimit limit, TimeProvider time)
    {
        _live = live;
        _limit = limit;
        _looks =
        [
            new ProxyHeaderLook(rules, metrics, time),
            new ToaLook(metrics),
            new UnexpectedHeaderLook(rules),
            new ClientHelloLook(metrics, time),
        ];
    }

    /// <summary>Runs the steps. Synchronous where no look has anything to wait for.</summary>
    /// <returns>Whether the connection goes on: its identity is known then, else its outcome.</returns>
    public ValueTask<bool> RunAsync(AcceptedConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var step = AdmitAsync(connection);
        for (var next = 0; ; next++)
        {
            if (!step.IsCompletedSuccessfully)
            {
                return FinishAsync(connection, step, next);
            }

            // A ValueTask is asked for its result once.
            var goesOn = step.Result;
            if (!goesOn || next == _looks.Length)
            {
                return new ValueTask<bool>(goesOn);
            }

            step = _looks[next].LookAsync(connection);
        }
    }

    /// <summary>Gives the place of a connection that has ended back, unless it gave way to another.</summary>
    public void Leave(AcceptedConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection is { Kind: { } kind } && connection.TryGiveUpPlace())
        {
            _limit.Release(kind);
        }
    }

    private ValueTask<bool> AdmitAsync(AcceptedConnection connection)
    {
        if (_live.IsDraining)
        {
            return new ValueTask<bool>(connection.Fail(CloseReason.Draining));
        }

        if (connection.Kind is not { } kind)
        {
            return new ValueTask<bool>(true);
        }

        var place = _limit.TryAcquireAsync(kind);
        return place.IsCompletedSuccessfully ? new ValueTask<bool>(Take(connection, place.Result)) : WaitForRoomAsync(connection, place);
    }

    // What is idle is closed on a thread of the pool: the connection goes on where its engine wants it.
    private static async ValueTask<bool> WaitForRoomAsync(AcceptedConnection connection, ValueTask<bool> place)
    {
        var hasPlace = await place;
        await connection.EnterAsync();
        return Take(connection, hasPlace);
    }

    private static bool Take(AcceptedConnection connection, bool hasPlace)
    {
        if (!hasPlace)
        {
            return connection.Fail(CloseReason.Limit);
        }

        connection.TakePlace();
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FinishAsync(AcceptedConnection connection, ValueTask<bool> step, int next)
    {
        var goesOn = await step;
        while (goesOn && next < _looks.Length)
        {
            goesOn = await _looks[next++].LookAsync(connection);
        }

        return goesOn;
    }
}
