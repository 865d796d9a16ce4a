using Mono.Cecil;

namespace Gateway.Tests.Tidy;

/// <summary>No folders of a project use each other in a circle: each can be read, and changed, without the folders above it.</summary>
public sealed class FolderCirclesTests
{
    [Theory]
    [InlineData("Gateway")]
    [InlineData("Gateway.Tcp")]
    [InlineData("Gateway.Linux")]
    [InlineData("Gateway.ProxyProtocol")]
    [InlineData("Whoami")]
    public void Folders_OfAProject_UseEachOtherInNoCircle(string project)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, $"{project}.dll"));
        var uses = UsesOf(assembly.MainModule, project);

        // A folder that uses none of those that are left, or that none of them uses, is in no circle.
        var left = uses.Select(static use => use.From).ToHashSet();
        while (left.RemoveWhere(folder =>
                !uses.Any(use => use.From == folder && left.Contains(use.To))
                || !uses.Any(use => use.To == folder && left.Contains(use.From))
            ) > 0
        ) { }

        Findings.AssertNone(uses.Where(use => left.Contains(use.From) && left.Contains(use.To)).Select(static use => use.ToString()));
    }

    [Fact]
    public void Uses_OfTheHost_AreFound()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, "Gateway.dll"));

        Assert.Contains(UsesOf(assembly.MainModule, "Gateway"), static use => use is { From: "Gateway.Commands", To: "Gateway.Hosting" });
    }

    // One example for each pair of folders; a folder is a namespace.
    private static List<Use> UsesOf(ModuleDefinition module, string project) =>
        [
            .. module.GetTypes().Where(type => IsOf(project, type))
                .SelectMany(type => Named(type).Where(used => IsOf(project, used))
                    .Select(used => new Use(FolderOf(type), FolderOf(used), $"{type.FullName} uses {used.FullName}")))
                .Where(static use => use.From != use.To)
                .DistinctBy(static use => (use.From, use.To)),
        ];

    private static bool IsOf(string project, TypeReference type) =>
        type.Scope is ModuleDefinition && (FolderOf(type) == project || FolderOf(type).StartsWith(project + ".", StringComparison.Ordinal));

    // Nested types, and what the compiler makes, belong to the type around them.
    private static string FolderOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.Namespace;
    }

    private static IEnumerable<TypeReference> Named(TypeDefinition type)
    {
        var named = new List<TypeReference?> { type.BaseType };
        named.AddRange(type.Interfaces.Select(static implemented => implemented.InterfaceType));
        named.AddRange(type.Fields.Select(static field => field.FieldType));
        foreach (var method in type.Methods)
        {
            named.Add(method.ReturnType);
            named.AddRange(method.Parameters.Select(static parameter => parameter.ParameterType));
            if (method.HasBody)
            {
                named.AddRange(method.Body.Variables.Select(static variable => variable.VariableType));
                named.AddRange(method.Body.Instructions.SelectMany(static instruction => NamedBy(instruction.Operand)));
            }
        }

        return named.OfType<TypeReference>().SelectMany(Parts);
    }

    private static IEnumerable<TypeReference?> NamedBy(object? operand) => operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType],
        _ => [],
    };

    // Dictionary<A, B[]> names A and B.
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private sealed record Use(string From, string To, string Example)
    {
        public override string ToString() => $"{From} -> {To}: {Example}";
    }
}
