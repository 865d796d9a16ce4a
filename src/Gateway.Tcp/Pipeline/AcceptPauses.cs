using System.Net.Sockets;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Tells of a listener's pauses in accepting: each one in the metric, and in the log one line for many; and counts whom it turned away
/// then. Safe from any thread.
/// </summary>
internal sealed partial class AcceptPauses(string listener, TcpMetrics metrics, ILogger logger, TimeProvider time)
{
    // While descriptors are missing there are 20 pauses a second on each event loop.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private long _lastLine;

    /// <summary>One more pause, and why.</summary>
    public void Report(SocketError error)
    {
        metrics.AcceptPaused(listener, error);
        var last = Volatile.Read(ref _lastLine);
        if ((last == 0 || time.GetElapsedTime(last) >= BetweenLines)
            && Interlocked.CompareExchange(ref _lastLine, time.GetTimestamp(), last) == last)
        {
            Log.AcceptPaused(logger, listener, error);
        }
    }

    /// <summary>A connection was closed as soon as it was accepted.</summary>
    public void TurnedAway() => metrics.Prologue.Ended(listener, CloseReason.Resources);

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Listener {Listener} pauses accepting until there is room again: {Error}")]
        public static partial void AcceptPaused(ILogger logger, string listener, SocketError error);
    }
}
