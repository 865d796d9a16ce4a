using System.Xml.Linq;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Testing;

namespace Gateway.Tests.Configuration.Reading;

/// <summary>A native build keeps what the binder finds by reflection: what Kept.xml names.</summary>
public sealed class KeptTypesTests
{
    private static readonly HashSet<Shape> Shapes = All(Shape.Of(typeof(GatewayConfig)), []);

    [Fact]
    public void Records_ThatTheFileCanHold_AreKept()
    {
        var kept = XDocument.Load(Path.Combine(RepositoryPaths.Root, "src/Gateway/Configuration/Reading/Kept.xml")).Root!
            .Elements("assembly")
            .SelectMany(static assembly => assembly.Elements().Select(element => $"{Name(assembly)} {Name(element)}"))
            .ToHashSet();
        var records = Shapes.Where(static shape => shape.Kind == ShapeKind.Object).Select(static shape => shape.Type).ToHashSet();

        Assert.True(records.Count > 40, $"only {records.Count} records were found");
        Assert.DoesNotContain(
            records,
            type => !kept.Contains($"{type.Assembly.GetName().Name} {type.Namespace}") && !kept.Contains($"{type.Assembly.GetName().Name} {type.FullName}"));
    }

    // Code for a collection of values is its own, and only the binder's reflection asks for it: a native build was tried with a list of each of these.
    [Fact]
    public void Collections_OfValues_AreThoseThatWereTriedInANativeBuild() =>
        Assert.Equal(
            ["List Int32", "List PortRange", "List ProxyProtocolVersion", "List ToaCarrier"],
            Shapes.Where(static shape => shape.Kind != ShapeKind.Flags && shape.Element is { Type.IsValueType: true })
                .Select(static shape => $"{shape.Kind} {shape.Element!.Type.Name}").Order());

    private static string? Name(XElement element) => (string?)element.Attribute("fullname");

    private static HashSet<Shape> All(Shape shape, HashSet<Shape> seen)
    {
        if (seen.Add(shape))
        {
            foreach (var below in shape.Properties.Values.Select(static property => property.Shape).Append(shape.Element).OfType<Shape>())
            {
                All(below, seen);
            }
        }

        return seen;
    }
}
