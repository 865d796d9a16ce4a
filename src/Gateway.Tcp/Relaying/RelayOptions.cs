using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Relaying;

/// <summary>Limits of a relay; shared by all relays of a route.</summary>
internal sealed record RelayOptions
{
    /// <summary>Ends the relay after this long without a byte in either direction. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Ends a relay of which one side has ended, after this long without a byte. Counted from the end of that side. Defaults to null: only
    /// <see cref="IdleTimeout"/> applies.
    /// </summary>
    public TimeSpan? HalfClosedTimeout { get; init; }

    /// <summary>Ends the relay this long after its start. Defaults to null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>
    /// The most bytes per second that are read from the client; at least <see cref="TcpRouteLimitsConfig.LeastBytesPerSecond"/>.
    /// Defaults to null: no limit.
    /// </summary>
    public long? BytesPerSecondToBackend { get; init; }

    /// <summary>The same for bytes that are read from the backend.</summary>
    public long? BytesPerSecondToClient { get; init; }

    /// <summary>
    /// The share of <see cref="MaxDuration"/>, 0 to 1, by which a relay may end earlier, at random. So connections that began together do
    /// not end together. Defaults to 0.
    /// </summary>
    public double MaxDurationJitter { get; init; }

    /// <summary>Chooses each relay's end within the jitter. Must be safe from any thread.</summary>
    internal Random Random { get; init; } = Random.Shared;

    /// <summary>Chooses the longest duration of one relay: MaxDuration × (1 − jitter × random); null: no limit.</summary>
    internal TimeSpan? ChooseDuration() =>
        MaxDuration is { } most && MaxDurationJitter > 0 ? most * (1 - (MaxDurationJitter * Random.NextDouble())) : MaxDuration;

    /// <summary>The longest silence.</summary>
    /// <param name="isHalfClosed">Whether one side has ended.</param>
    internal TimeSpan LongestSilence(bool isHalfClosed) =>
        isHalfClosed && HalfClosedTimeout is { } halfClosed && halfClosed < IdleTimeout ? halfClosed : IdleTimeout;

    /// <summary>Whether <see cref="HalfClosedTimeout"/> is what ends a relay that is silent for too long.</summary>
    /// <param name="isHalfClosed">Whether one side has ended.</param>
    internal bool IsHalfClosedTimeout(bool isHalfClosed) => isHalfClosed && HalfClosedTimeout < IdleTimeout;
}
