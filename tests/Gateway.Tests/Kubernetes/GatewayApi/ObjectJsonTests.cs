using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.Endpoints;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Tests.Kubernetes.GatewayApi;

/// <summary>
/// What an object leaves out has the value that its type's docstring gives. Generated readers set every property that has an <c>init</c>,
/// also a property that the JSON does not have (System.Text.Json 10).
/// </summary>
public sealed class ObjectJsonTests
{
    public static TheoryData<Type> Types() =>
    [
        .. typeof(ObjectJson).Assembly.GetTypes().Where(static type => type.Namespace == typeof(ObjectJson).Namespace
            && ObjectJson.Default.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Object }),
        typeof(ObjectMeta),
        typeof(EndpointSlice),
        typeof(ResourceList<RouteObject>),
        typeof(ResourceList<EndpointSlice>),
    ];

    [Theory]
    [MemberData(nameof(Types), DisableDiscoveryEnumeration = true)]
    public void Read_AnObjectThatSaysNothing_HasNoNullThatItsTypeForbids(Type type)
    {
        var reader = ObjectJson.Default.GetTypeInfo(type) ?? EndpointJson.Default.GetTypeInfo(type)!;

        var item = JsonSerializer.Deserialize("{}", reader)!;

        var nullability = new NullabilityInfoContext();
        Assert.Empty(type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .Where(property => nullability.Create(property).ReadState == NullabilityState.NotNull && property.GetValue(item) is null)
            .Select(static property => property.Name));
    }

    /// <summary>Without the item that is nothing, <c>[null]</c> would be the empty list, which often stands for everything.</summary>
    [Theory]
    [MemberData(nameof(Types), DisableDiscoveryEnumeration = true)]
    public void Read_AListWithAnItemThatIsNothing_IsRefusedByTheObjectsOfTheGatewayApi(Type type)
    {
        if (ObjectJson.Default.GetTypeInfo(type) is not { } reader || type.Namespace != typeof(ObjectJson).Namespace)
        {
            return;
        }

        foreach (var list in reader.Properties.Where(static property => property.PropertyType.Name == typeof(IReadOnlyList<>).Name))
        {
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize($$"""{ "{{list.Name}}": [ null ] }""", reader));
        }
    }
}
