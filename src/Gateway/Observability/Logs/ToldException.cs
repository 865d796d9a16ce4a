using Gateway.Tcp.Telemetry;

namespace Gateway.Observability.Logs;

/// <summary>Wraps an exception for a formatter, and makes its text safe for the log, because it may contain bytes from a client.</summary>
internal sealed class ToldException(Exception exception) : Exception
{
    public override string ToString() =>
        string.Join(Environment.NewLine, exception.ToString().Split(Environment.NewLine).Select(static line => LogText.Sentence(line)));
}
