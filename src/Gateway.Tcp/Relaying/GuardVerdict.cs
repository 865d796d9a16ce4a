using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Relaying;

/// <summary>A guard's answer.</summary>
public enum GuardVerdict : byte
{
    /// <summary>Send these bytes on, and show the next bytes to the guard too.</summary>
    More,

    /// <summary>Send these and all further bytes on.</summary>
    Pass,

    /// <summary>Send none of these bytes; end the relay with <see cref="CloseReason.UntrustedHeader"/> and reset both sides.</summary>
    Refuse,
}
