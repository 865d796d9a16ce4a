namespace Gateway.Tcp.Telemetry;

/// <summary>How a connection ended. The access log, the metrics and the operator's warnings of both planes use it.</summary>
/// <param name="Reason">The reason. Label, side and phase follow from it.</param>
/// <param name="Rule">The rule of a policy, a fixed word such as <c>UntrustedPeer</c>. Null: none.</param>
/// <param name="Error">The detail: the error of a header's parser, or the destination that was dialed. Null: none.</param>
public readonly record struct Outcome(CloseReason Reason, string? Rule = null, string? Error = null)
{
    /// <summary>The label <c>reason</c>.</summary>
    public string Label => CloseReasons.Row(Reason).Label;

    /// <summary>The side that caused the end.</summary>
    internal OutcomeSide Side => CloseReasons.Row(Reason).Side;

    /// <summary>How far the connection had come.</summary>
    internal OutcomePhase Phase => CloseReasons.Row(Reason).Phase;

    /// <summary>The field <c>detail</c>.</summary>
    public string Detail => Rule is null ? Error ?? "-" : Error is null ? Rule : $"{Rule}({Error})";
}
