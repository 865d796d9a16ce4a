using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>Whoever a descriptor's events belong to.</summary>
internal interface IEpollTarget
{
    /// <summary>
    /// Which registration of the descriptor's number this is. Numbers are re-used at once: an event that was fetched in the same batch as
    /// the close of its socket must not reach the next owner of the number.
    /// </summary>
    int Registration { get; }

    /// <summary>The descriptor's events, on the loop's thread.</summary>
    void OnEvents(EpollEvents events);

    /// <summary>Ends this one alone, after an exception came out of <see cref="OnEvents"/> or of a timer.</summary>
    void OnFault();

    /// <summary>Ends this one because the engine is going away.</summary>
    void OnLoopStopping();
}
