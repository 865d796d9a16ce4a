namespace Gateway.Handover;

/// <summary>A process runs at <c>Handover:Path</c>, and does not hand over. The message says why, and the cure.</summary>
internal sealed class HandoverException(string message) : Exception(message);
