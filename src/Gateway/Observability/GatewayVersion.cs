namespace Gateway.Observability;

/// <summary>The version that <c>--version</c>, the logs and the metrics show.</summary>
internal static class GatewayVersion
{
    public static string Text { get; } = typeof(GatewayVersion).Assembly.GetName().Version!.ToString(3);
}
