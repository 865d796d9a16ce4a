using System.Net.Sockets;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Reports the pauses in which a listener does not accept. The metric counts every pause; the log gets at most one line in 10 seconds. Also
/// counts the connections that were closed as soon as they were accepted. May be called from any thread.
/// </summary>
internal sealed partial class AcceptPauses(string listener, TcpMetrics metrics, ILogger logger, TimeProvider time)
{
    // Without this limit the log would be flooded: while descriptors are missing, each event loop pauses 20 times a second.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private long _lastLine;

    /// <summary>Reports one pause and its cause.</summary>
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

    /// <summary>Counts a connection that was closed as soon as it was accepted.</summary>
    public void TurnedAway() => metrics.Prologue.Ended(listener, CloseReason.Resources);

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Listener {Listener} pauses accepting until there is room again: {Error}")]
        public static partial void AcceptPaused(ILogger logger, string listener, SocketError error);
    }
}
