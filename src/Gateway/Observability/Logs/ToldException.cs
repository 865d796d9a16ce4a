using Gateway.Tcp.Telemetry;

namespace Gateway.Observability.Logs;

/// <summary>An exception as a formatter writes it: its text may quote what a client sent.</summary>
internal sealed class ToldException(Exception exception) : Exception
{
    public override string ToString() =>
        string.Join(Environment.NewLine, exception.ToString().Split(Environment.NewLine).Select(static line => LogText.Sentence(line)));
}
