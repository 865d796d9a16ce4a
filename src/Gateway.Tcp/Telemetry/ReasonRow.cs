namespace Gateway.Tcp.Telemetry;

/// <summary>A row of the table of close reasons.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Label">The value of the label <c>reason</c>, in logs and metrics.</param>
/// <param name="Side">The side that caused the end.</param>
/// <param name="Phase">The phase in which it mostly happens.</param>
/// <param name="Series">The metrics that count it.</param>
/// <param name="Warning">The warning to the operator.</param>
/// <param name="BlamesDestination">
/// Whether the end counts against the destination's health. If it came before anything was sent, another destination may be tried.
/// </param>
internal sealed record ReasonRow(
    CloseReason Reason,
    string Label,
    OutcomeSide Side,
    OutcomePhase Phase,
    ReasonSeries Series,
    OutcomeWarning Warning = OutcomeWarning.None,
    bool BlamesDestination = false);
