namespace Gateway.Tcp.Telemetry;

/// <summary>How a connection ended: what the access log, the metrics and the operator's warnings are read from, on both planes.</summary>
/// <param name="Reason">Why; the label, the side and the phase follow from it.</param>
/// <param name="Rule">Which rule of a policy, in one of our own words: <c>UntrustedPeer</c>. Null: none.</param>
/// <param name="Error">What was found or tried: what a parser says of a header, which destination was dialed. Null: nothing.</param>
public readonly record struct Outcome(CloseReason Reason, string? Rule = null, string? Error = null)
{
    /// <summary>The label <c>reason</c>.</summary>
    public string Label => CloseReasons.Row(Reason).Label;

    /// <summary>Whose doing it was.</summary>
    public OutcomeSide Side => CloseReasons.Row(Reason).Side;

    /// <summary>How far the connection had come.</summary>
    public OutcomePhase Phase => CloseReasons.Row(Reason).Phase;

    /// <summary>The field <c>detail</c>.</summary>
    public string Detail => Rule is null ? Error ?? "-" : Error is null ? Rule : $"{Rule}({Error})";
}
