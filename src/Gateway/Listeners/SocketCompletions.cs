namespace Gateway.Listeners;

/// <summary>
/// Chooses the thread on which code continues after an awaited socket operation in Kestrel, in YARP's client and in the portable engine.
/// </summary>
internal static class SocketCompletions
{
    /// <summary>
    /// The runtime reads this variable once, when the first socket waits. 1: code continues on the polling thread; else: on the thread
    /// pool.
    /// </summary>
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Makes code continue on the polling threads (one per core), unless the environment sets 0. A proxied request waits on sockets about
    /// six times and does little in between, so the switch to the thread pool each time is a large part of its cost. Without the switch,
    /// two paired runs on two busy cores gave 1.2 times the requests at 0.8 to 0.9 of the CPU. The price: code on the path of a request
    /// must not block, because it would delay every connection of its polling thread. An example is the check of the certificate chains of
    /// https destinations: docs/decisions/0018-http-continues-where-its-sockets-are-polled.md. Must be called before the first socket is
    /// opened. Only the environment variable changes this behaviour.
    /// </summary>
    public static void RunInline()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
