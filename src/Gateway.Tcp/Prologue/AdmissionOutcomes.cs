using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>Turns the refusal of a listener into the outcome of a connection or request.</summary>
public static class AdmissionOutcomes
{
    /// <summary>The outcome; the rule that refused is its detail.</summary>
    public static Outcome Of(AdmissionRefusal refusal) => refusal switch
    {
        AdmissionRefusal.Denied or AdmissionRefusal.NotAllowed or AdmissionRefusal.NotInTrustDomain =>
            new(CloseReason.AccessDenied, refusal.ToString()),
        AdmissionRefusal.ListenerConnections => new(CloseReason.ListenerLimit),
        AdmissionRefusal.ClientRate => new(CloseReason.ClientLimit, "ConnectionsPerSecond"),
        _ => new(CloseReason.ClientLimit, "MaxConnections"),
    };
}
