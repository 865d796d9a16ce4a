using System.Text;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Health.Probes;

/// <summary>Sends bytes, or none, and looks for other bytes in the answer.</summary>
/// <param name="model">What is sent and expected.</param>
internal sealed class ExchangeProbe(ProbeModel model) : IProbe
{
    private readonly ProbeAnswer _answer = new();

    /// <inheritdoc/>
    public bool HasAnswer => _answer.Length > 0;

    /// <inheritdoc/>
    public async ValueTask<string?> AskAsync(Stream stream, CancellationToken limit)
    {
        if (model.Send is { } send)
        {
            await stream.WriteAsync(send.Bytes, limit);
        }

        var expected = model.Expect?.Bytes ?? default;
        while (_answer.Bytes.IndexOf(expected.Span) < 0)
        {
            if (await _answer.ReadAsync(stream, limit) is { } ended)
            {
                return $"expected {LogText.Quoted(Encoding.Latin1.GetString(expected.Span))} and got {_answer.Shown} ({ended})";
            }
        }

        return null;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A check that sends bytes of its own knows the protocol, and its bytes may end the conversation. A greeting may come a little too
    /// late for the check; its server gets its goodbye too.
    /// </remarks>
    public async ValueTask LeaveAsync(Stream stream, CancellationToken limit)
    {
        if (model.Send is null && (_answer.Length > 0 || await _answer.ReadAsync(stream, limit) is null))
        {
            await Goodbye.SayAsync(stream, _answer, limit);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _answer.Dispose();
}
