namespace Gateway.Tcp.Telemetry;

/// <summary>What one close reason says.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Label">The value of the label <c>reason</c>, in logs and metrics.</param>
/// <param name="Side">Whose doing it is.</param>
/// <param name="Phase">Where it mostly happens.</param>
/// <param name="Series">Where it counts.</param>
/// <param name="Warning">What the operator is told of it.</param>
internal sealed record ReasonRow(
    CloseReason Reason,
    string Label,
    OutcomeSide Side,
    OutcomePhase Phase,
    ReasonSeries Series,
    OutcomeWarning Warning = OutcomeWarning.None);
