using System.IO.Pipelines;

namespace Gateway.Http.Turns;

/// <summary>A connection's transport whose input takes turns; the output is the transport's own.</summary>
internal sealed class TurnTakingPipe(IDuplexPipe transport) : IDuplexPipe
{
    /// <inheritdoc/>
    public PipeReader Input { get; } = new TurnTakingReader(transport.Input);

    /// <inheritdoc/>
    public PipeWriter Output => transport.Output;
}
