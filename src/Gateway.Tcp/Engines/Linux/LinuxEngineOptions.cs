namespace Gateway.Tcp.Engines.Linux;

/// <summary>Tunables of the Linux engine; all have measured or reasoned defaults, none is in the configuration file.</summary>
internal sealed record LinuxEngineOptions
{
    /// <summary>Event loops, each a thread. Defaults to one per core: a loop never waits for anything but epoll.</summary>
    public int LoopCount { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Splice pipes in use or pooled, over all loops. Defaults to 256: times 256 KiB is pipe-user-pages-soft (64 MiB), beyond which the
    /// kernel makes one-page pipes for a user without CAP_SYS_RESOURCE. Streams that find none left go on by read and write.
    /// </summary>
    public int MaxPipes { get; init; } = 256;

    /// <summary>Where connections may not get to. Defaults to nowhere.</summary>
    public OwnListeners OwnListeners { get; init; } = new();

    /// <summary>
    /// Told of an exception that escaped from the owner of a connection (a bug); the connection is reset and the loop goes on.
    /// </summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>
    /// Tests: an errno that accept fails with, 0 to really accept. Descriptor limits are per process and would hit every other test.
    /// </summary>
    public Func<int>? AcceptFault { get; init; }

    /// <summary>
    /// Tests: an errno that watching a socket (epoll_ctl) fails with, 0 to really watch it. The real limit is the whole machine's.
    /// </summary>
    public Func<int>? WatchFault { get; init; }

    /// <summary>Tests: an errno that pipe2 fails with, 0 to really make one.</summary>
    public Func<int>? PipeFault { get; init; }
}
