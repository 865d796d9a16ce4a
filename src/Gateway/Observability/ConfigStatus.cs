using System.Security.Cryptography;
using System.Text;

namespace Gateway.Observability;

/// <summary>
/// Which configuration is in force, and how the last reload ended. Written by one caller at a time, read from any thread.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ConfigStatus(TimeProvider time)
{
    private volatile State _state = new(1, time.GetUtcNow(), HashOf(""), null, null);

    /// <summary>When the process read its first configuration.</summary>
    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>The state now.</summary>
    public State Current => _state;

    /// <summary>The configuration that the process started with.</summary>
    /// <param name="text">The file's text.</param>
    public void Started(string text) => _state = new State(1, time.GetUtcNow(), HashOf(text), null, null);

    /// <summary>A new configuration is in force.</summary>
    /// <param name="text">The file's text.</param>
    public void Loaded(string text) => _state = new State(_state.Version + 1, time.GetUtcNow(), HashOf(text), null, null);

    /// <summary>A changed file was refused, and the configuration in force stays.</summary>
    /// <param name="problem">Why.</param>
    public void Refused(string problem) => _state = _state with { LastError = problem, LastErrorAt = time.GetUtcNow() };

    // As sha256sum prints it, so that an operator can compare it with a file. Made for the first who asks, because a gateway without TLS
    // does not need the library of cryptography otherwise, which takes 4 MB.
    private static Lazy<string> HashOf(string text) => new(() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));

    /// <summary>One state.</summary>
    /// <param name="Version">1 at the start, and one more with each configuration that comes into force.</param>
    /// <param name="LoadedAt">When it came into force.</param>
    /// <param name="Sha256">The hash of the file's text, made by the first who asks.</param>
    /// <param name="LastError">Why a newer file was refused; null: the newest file is in force.</param>
    /// <param name="LastErrorAt">When that was.</param>
    public sealed record State(int Version, DateTimeOffset LoadedAt, Lazy<string> Sha256, string? LastError, DateTimeOffset? LastErrorAt);
}
