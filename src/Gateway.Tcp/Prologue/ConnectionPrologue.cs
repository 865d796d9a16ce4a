using System.Runtime.CompilerServices;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// The steps of an accepted connection before the TCP pipeline routes it or the HTTP server reads from it:
/// 1. Admit: refuse while draining, and above the limit.
/// 2. PROXY header: peer → policy → header → client; the bytes after the header are payload. Bytes that may still become a header are
/// waited for, or a guard watches them.
/// 3. TOA: without a header, take the client from a TCP option of a trusted peer.
/// 4. Guard against a header that no policy expects.
/// 5. Admission: refuse clients that the listener's access rules or limits do not admit.
/// 6. ClientHello: read the ClientHello, where routes ask for server names or TLS ends at the listener.
/// A step that refuses a connection ends the connection with an outcome; the caller counts and logs the outcome.
/// </summary>
public sealed class ConnectionPrologue
{
    private readonly LiveConnections _live;
    private readonly ConnectionLimit _limit;
    private readonly IPrologueLook[] _looks;

    /// <summary>Makes the prologue of one plane.</summary>
    /// <param name="rules">The differences between TCP and HTTP.</param>
    /// <param name="metrics">The instruments, shared by TCP and HTTP.</param>
    /// <param name="live">The live connections of TCP or of HTTP.</param>
    /// <param name="limit">The cap on connections.</param>
    /// <param name="loggers">For the category <c>Gateway.Warnings</c>.</param>
    /// <param name="time">The clock, for timeouts.</param>
    public ConnectionPrologue(
        PrologueRules rules,
        PrologueMetrics metrics,
        LiveConnections live,
        ConnectionLimit limit,
        ILoggerFactory loggers,
        TimeProvider time)
    {
        Observed = new ObservedRefusals(metrics, loggers, time);
        _live = live;
        _limit = limit;
        _looks =
        [
            new ProxyHeaderLook(rules, metrics, Observed, time),
            new ToaLook(metrics),
            new UnexpectedHeaderLook(rules),
            new AdmissionLook(),
            new ClientHelloLook(metrics, time),
        ];
    }

    /// <summary>Counts and logs what policies that only observe would refuse.</summary>
    internal ObservedRefusals Observed { get; }

    /// <summary>Runs the steps. Completes synchronously if no look has to wait.</summary>
    /// <returns>True: the connection goes on, and its identity is known. False: the connection has ended, and its outcome is set.</returns>
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

            // The result of a ValueTask may be read only once.
            var goesOn = step.Result;
            if (!goesOn || next == _looks.Length)
            {
                return new ValueTask<bool>(goesOn);
            }

            step = _looks[next].LookAsync(connection);
        }
    }

    /// <summary>
    /// Gives back the places of a connection that has ended. Its place under the cap may have been given to another connection already.
    /// </summary>
    public void Leave(AcceptedConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        connection.Place?.GiveBack();
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

    // The wait may end on a thread of the pool, where idle connections are closed. The connection has to return to the thread of its
    // engine.
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
