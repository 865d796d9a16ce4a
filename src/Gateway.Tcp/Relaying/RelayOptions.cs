namespace Gateway.Tcp.Relaying;

/// <summary>Limits of a relay; shared by all relays of a route.</summary>
public sealed record RelayOptions
{
    /// <summary>Ends the relay after this long without a byte in either direction. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Ends the relay this long after its start. Defaults to null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }
}
