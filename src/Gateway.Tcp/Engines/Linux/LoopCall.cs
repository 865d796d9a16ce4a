namespace Gateway.Tcp.Engines.Linux;

/// <summary>A call on the loop's thread. It allocates, so it is for rare calls (start, stop), not for data.</summary>
internal sealed class LoopCall(Action action) : ILoopWork
{
    /// <inheritdoc/>
    public void RunOnLoop() => action();
}
