namespace Gateway.Tcp.Engines.Linux;

/// <summary>A rare call as <see cref="ILoopWork"/>: starting and stopping, not data.</summary>
internal sealed class LoopCall(Action action) : ILoopWork
{
    /// <inheritdoc/>
    public void RunOnLoop() => action();
}
