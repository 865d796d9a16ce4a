using System.Net.Sockets;

namespace Gateway.Tcp.Relaying;

/// <summary>Limits of a relay; shared by all relays of a route.</summary>
public sealed record RelayOptions
{
    /// <summary>Ends the relay after this long without a byte in either direction. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Ends the relay this long after its start; null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }
}

/// <summary>Keeps a PROXY header of a client that may not send one from reaching the backend.</summary>
public interface IFirstBytesGuard
{
    /// <summary>
    /// Called on the engine's thread with the next bytes from the client, in order, before they are sent on. Once it has answered
    /// <see cref="GuardVerdict.Pass"/> it is not asked again.
    /// </summary>
    GuardVerdict Inspect(ReadOnlySpan<byte> bytes);
}

/// <summary>A guard's answer.</summary>
public enum GuardVerdict : byte
{
    /// <summary>Send these bytes on; show me the next too.</summary>
    More,

    /// <summary>Send these and all further bytes on.</summary>
    Pass,

    /// <summary>Send none of these; end the relay with <see cref="RelayEnd.Refused"/> and reset both sides.</summary>
    Refuse,
}

/// <summary>Why a relay ended.</summary>
public enum RelayEnd : byte
{
    /// <summary>Both directions ended in order, the client's first.</summary>
    ClientFin,

    /// <summary>Both directions ended in order, the backend's first.</summary>
    BackendFin,

    /// <summary>The client reset, or its socket failed.</summary>
    ClientReset,

    /// <summary>The backend reset, or its socket failed.</summary>
    BackendReset,

    /// <summary>No byte for <see cref="RelayOptions.IdleTimeout"/>.</summary>
    IdleTimeout,

    /// <summary><see cref="RelayOptions.MaxDuration"/> was reached.</summary>
    MaxDuration,

    /// <summary>Ended by us at shutdown.</summary>
    Drain,

    /// <summary>It gave way: every place was taken, and its client had sent nothing.</summary>
    Limit,

    /// <summary>The guard refused the client's first bytes.</summary>
    Refused,

    /// <summary>A fault of ours.</summary>
    Error,
}

/// <summary>Payload that a relay has carried; each what the receiving side's kernel took.</summary>
/// <param name="ToBackend">From the client.</param>
/// <param name="ToClient">From the backend.</param>
public readonly record struct RelayedBytes(long ToBackend, long ToClient);

/// <summary>What a relay carried. Bytes count what the receiving side's kernel took.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="ClientToBackendBytes">Payload bytes sent on to the backend by the relay.</param>
/// <param name="BackendToClientBytes">Payload bytes sent on to the client by the relay.</param>
/// <param name="Error">The socket error behind a reset, else Success.</param>
public readonly record struct RelayResult(RelayEnd End, long ClientToBackendBytes, long BackendToClientBytes, SocketError Error);
