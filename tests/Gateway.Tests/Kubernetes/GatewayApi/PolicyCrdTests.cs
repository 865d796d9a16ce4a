using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gateway.Configuration;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Kubernetes.Manifests;
using Gateway.Tcp.Configuration;
using Gateway.Testing;

namespace Gateway.Tests.Kubernetes.GatewayApi;

/// <summary>The CRD of SourceIpPolicy lets through what the gateway reads, and nothing else: a server drops what a CRD does not name.</summary>
public sealed class PolicyCrdTests
{
    [Fact]
    public void Spec_HasTheMembersAndValuesThatAreRead()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "deploy", "overlays", "gateway-api", "crd.yaml"));
        var version = Assert.Single(YamlReader.Read(text)).Root!["spec"]!["versions"]![0]!;
        var spec = version["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!.AsObject();

        Assert.Equal(
            Members(ObjectJson.Default.GetTypeInfo(typeof(PolicySpec))!, "").Order(), Members(spec, "").Order());
        Assert.Equal(Enum.GetNames<SourceIpMode>().Except(["Dnat"]).Order(), Values(spec, "sourceIp", "mode"));
        Assert.Equal(Enum.GetNames<ProxyProtocolVersion>().Order(), Values(spec, "sourceIp", "version"));
        Assert.Equal(Enum.GetNames<SourcePort>().Order(), Values(spec, "sourceIp", "port"));
        Assert.Equal(Enum.GetNames<SourceIpFallback>().Order(), Values(spec, "sourceIp", "fallback"));
        Assert.Equal(Enum.GetNames<HeaderExpectation>().Order(), Values(spec, "proxyProtocol", "header"));
        Assert.Equal(Enum.GetNames<UntrustedPeerAction>().Order(), Values(spec, "proxyProtocol", "untrusted"));
        Assert.Equal(Enum.GetNames<UntrustedForwardedHeaders>().Order(), Values(spec, "forwardedHeaders", "untrusted"));
    }

    private static IEnumerable<string> Members(JsonObject schema, string path) =>
        (schema["properties"] ?? schema["items"]?["properties"]) is not JsonObject members
            ? [$"{path} {schema["type"]}"]
            : members.SelectMany(member => Members(member.Value!.AsObject(), $"{path}.{member.Key}"));

    private static IEnumerable<string> Members(JsonTypeInfo type, string path)
    {
        var inner = type.ElementType is { } element ? type.Options.GetTypeInfo(element) : type;
        return inner.Kind == JsonTypeInfoKind.Object
            ? inner.Properties.SelectMany(property => Members(type.Options.GetTypeInfo(property.PropertyType), $"{path}.{property.Name}"))
            : [$"{path} {WordOf(type)}"];
    }

    private static string WordOf(JsonTypeInfo type) => type.Kind == JsonTypeInfoKind.Enumerable ? "array"
        : Nullable.GetUnderlyingType(type.Type) == typeof(int) ? "integer"
        : Nullable.GetUnderlyingType(type.Type) == typeof(bool) ? "boolean"
        : "string";

    private static IEnumerable<string> Values(JsonObject spec, string section, string key) =>
        spec["properties"]![section]!["properties"]![key]!["enum"]!.AsArray().Select(static value => $"{value}").Order();
}
