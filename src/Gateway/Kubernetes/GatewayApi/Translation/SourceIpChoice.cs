using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>How the backend of a route learns the client's address.</summary>
/// <param name="Config">The section.</param>
/// <param name="Problem">What is wrong with the policy or annotation that decides; null: nothing.</param>
internal sealed record SourceIpChoice(SourceIpConfig Config, string? Problem = null)
{
    /// <summary>
    /// Without a policy the backend learns nothing, as with any other controller, because a backend that reads no header would take it for
    /// the client's first bytes.
    /// </summary>
    public static SourceIpChoice None { get; } = new(new SourceIpConfig { Mode = SourceIpMode.None });
}
