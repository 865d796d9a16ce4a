namespace Gateway.Observability;

/// <summary>The version as <c>--version</c>, the logs and the metrics say it.</summary>
internal static class GatewayVersion
{
    public static string Text { get; } = typeof(GatewayVersion).Assembly.GetName().Version!.ToString(3);
}
