using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Gateway.Tests.Tidy;

/// <summary>What a library shows is what another project uses: everything else can change without looking around.</summary>
public sealed partial class PublicTypesTests
{
    // Read by their names: the properties of the configuration's records.
    private const string Configuration = "Gateway.Tcp.Configuration";

    // Theories take it, and xunit asks that their data be public.
    private static readonly string[] OfTheories = ["PeerClass"];

    [Theory]
    [InlineData("Gateway.Tcp", "Gateway")]
    [InlineData("Gateway.Linux", "Gateway")]
    public void Types_ThatArePublic_AreUsedByTheHost(string library, string host)
    {
        using var assembly = Read(library);
        using var user = Read(host);
        var used = user.MainModule.GetTypeReferences().Where(type => type.Scope.Name == library)
            .Select(static type => (type.DeclaringType ?? type).FullName).ToHashSet();
        // Constants and nameof leave nothing in the assembly.
        var named = Repository.Under($"src/{host}/", ".cs").SelectMany(static file => Word().Matches(file.Text))
            .Select(static word => word.Value).ToHashSet();

        // A public type must not derive from an internal type.
        var bases = assembly.MainModule.Types.Where(static type => type.IsPublic && type.BaseType is not null)
            .Select(static type => type.BaseType.FullName).ToHashSet();

        Findings.AssertNone(assembly.MainModule.Types
            .Where(static type => type.IsPublic && type.Namespace != Configuration && !OfTheories.Contains(type.Name))
            .Where(type => !used.Contains(type.FullName) && !named.Contains(type.Name) && !bases.Contains(type.FullName))
            .Select(static type => $"{type.FullName} is public, and the host does not use it: internal"));
    }

    private static AssemblyDefinition Read(string project) =>
        AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, $"{project}.dll"));

    [GeneratedRegex("[A-Za-z_][A-Za-z0-9_]*")]
    private static partial Regex Word();
}
