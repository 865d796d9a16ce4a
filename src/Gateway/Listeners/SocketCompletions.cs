namespace Gateway.Listeners;

/// <summary>Where code continues after an awaited socket operation: in Kestrel, in YARP's client and in the portable engine.</summary>
internal static class SocketCompletions
{
    /// <summary>
    /// The runtime reads it once, when the first socket waits. 1: on the thread that learned of it; else: on the thread pool.
    /// </summary>
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Continues on the polling threads (one per core), unless the environment says 0. A proxied request waits on sockets some six times
    /// and does little in between, so the hop to the thread pool each time is a large part of what it costs: without it 1.2 times the
    /// requests at 0.8 to 0.9 of the CPU, in two paired runs on two busy cores. The price: code on the way of a request must not block,
    /// because it would hold up every connection of its polling thread (certificate chains of https destinations are built on the way:
    /// docs/decisions/0018-http-continues-where-its-sockets-are-polled.md). To be called before the first socket is opened; there is no
    /// setting but the environment's.
    /// </summary>
    public static void RunInline()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
