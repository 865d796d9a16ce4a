namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Why something does not hold.</summary>
/// <param name="Reason">In one word of the Gateway API.</param>
/// <param name="Message">In a sentence.</param>
internal sealed record Problem(string Reason, string Message);
