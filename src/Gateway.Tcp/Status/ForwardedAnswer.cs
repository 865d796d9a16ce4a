namespace Gateway.Tcp.Status;

/// <summary>Connections that the kernel forwards.</summary>
/// <param name="Connections">Those that were asked for, at most as many as that.</param>
/// <param name="Matching">The number of those that were asked for.</param>
/// <param name="Total">The number of all.</param>
/// <param name="ByListener">The number of all by the listener's name.</param>
public sealed record ForwardedAnswer(
    IReadOnlyList<ConnectionSummary> Connections, int Matching, int Total, IReadOnlyDictionary<string, int> ByListener)
{
    /// <summary>Nothing is forwarded.</summary>
    public static ForwardedAnswer None { get; } = new([], 0, 0, new Dictionary<string, int>());
}
