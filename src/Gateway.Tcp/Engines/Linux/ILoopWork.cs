namespace Gateway.Tcp.Engines.Linux;

/// <summary>Work that any thread can ask an <see cref="EventLoop"/> to run.</summary>
internal interface ILoopWork
{
    /// <summary>Called once per <see cref="EventLoop.Post"/>, on the loop's thread.</summary>
    void RunOnLoop();

    /// <summary>Called after an exception came out of <see cref="RunOnLoop"/> and was reported.</summary>
    void OnFault()
    {
    }
}
