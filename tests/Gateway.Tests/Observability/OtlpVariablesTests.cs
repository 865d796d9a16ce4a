using Gateway.Observability;

namespace Gateway.Tests.Observability;

public sealed class OtlpVariablesTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317", true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://collector/v1/metrics", true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector:4317", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_METRICS_EXPORTER=none", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_SDK_DISABLED=TRUE", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=collector", false)]
    public void AskFor_Metrics_FollowsTheVariables(string variables, bool expected) =>
        Assert.Equal(expected, OtlpVariables.AskFor(Environment(variables), "METRICS"));

    [Fact]
    public void FindBadEndpoints_NoUrl_IsNamedUnlessAllIsOff()
    {
        const string Bad = "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317 OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector:4317";
        Assert.Equal([("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")], OtlpVariables.FindBadEndpoints(Environment(Bad)));
        Assert.Empty(OtlpVariables.FindBadEndpoints(Environment(Bad + " OTEL_SDK_DISABLED=true")));
    }

    private static Dictionary<string, string> Environment(string variables) =>
        variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(variable => variable.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
}
