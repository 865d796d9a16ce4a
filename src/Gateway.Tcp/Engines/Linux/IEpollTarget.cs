using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>The object that gets the events of a descriptor.</summary>
internal interface IEpollTarget
{
    /// <summary>
    /// The number of the descriptor's registration. The kernel reuses descriptor numbers at once, and an event of a closed socket that is
    /// still in the current batch must not reach the next owner of the descriptor number.
    /// </summary>
    int Registration { get; }

    /// <summary>Handles the descriptor's events, on the loop's thread.</summary>
    void OnEvents(EpollEvents events);

    /// <summary>Ends this target alone, after an exception came out of <see cref="OnEvents"/> or of a timer.</summary>
    void OnFault();

    /// <summary>Ends this target, because the engine stops.</summary>
    void OnLoopStopping();
}
