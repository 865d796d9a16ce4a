namespace Gateway.Tcp.Engines.Linux;

/// <summary>Tunables of the Linux engine. All have measured or reasoned defaults; none is in the configuration file.</summary>
internal sealed record LinuxEngineOptions
{
    /// <summary>The number of event loops, each with one thread. Defaults to one per core, because a loop waits for epoll only.</summary>
    public int LoopCount { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// The most splice pipes, in use or pooled, over all loops. Defaults to 256, because 256 pipes of 256 KiB are pipe-user-pages-soft (64
    /// MiB). Beyond this limit the kernel makes one-page pipes for a user without CAP_SYS_RESOURCE. Streams without a pipe go on by read
    /// and write.
    /// </summary>
    public int MaxPipes { get; init; } = 256;

    /// <summary>The listeners of this process, which must not be dialed. Defaults to none.</summary>
    public OwnListeners OwnListeners { get; init; } = new();

    /// <summary>
    /// Called for an exception that escaped from the owner of a connection (a bug). The connection is reset and the loop goes on.
    /// </summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>
    /// For tests: an errno with which accept fails; 0: really accept. A real descriptor limit holds for the whole process, so it would
    /// break the other tests.
    /// </summary>
    public Func<int>? AcceptFault { get; init; }

    /// <summary>
    /// For tests: an errno with which watching a socket (epoll_ctl) fails; 0: really watch it. The real limit holds for the whole machine.
    /// </summary>
    public Func<int>? WatchFault { get; init; }

    /// <summary>For tests: an errno with which pipe2 fails; 0: really make a pipe.</summary>
    public Func<int>? PipeFault { get; init; }
}
