namespace Gateway.Tcp.Relaying;

/// <summary>Limits of a relay; shared by all relays of a route.</summary>
public sealed record RelayOptions
{
    /// <summary>The least limit on bytes per second. Below this, single messages would take seconds.</summary>
    public const long LeastBytesPerSecond = 1024;

    /// <summary>Ends the relay after this long without a byte in either direction. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Ends the relay this long after its start. Defaults to null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>
    /// The most bytes per second that are read from the client; at least <see cref="LeastBytesPerSecond"/>. Defaults to null: no limit.
    /// </summary>
    public long? BytesPerSecondToBackend { get; init; }

    /// <summary>The same for bytes that are read from the backend.</summary>
    public long? BytesPerSecondToClient { get; init; }
}
