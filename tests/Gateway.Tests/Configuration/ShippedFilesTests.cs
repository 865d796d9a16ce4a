using Gateway.Configuration.Loading;

namespace Gateway.Tests.Configuration;

public class ShippedFilesTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "appsettings");

    public static TheoryData<string> Files =>
    [
        .. Directory.EnumerateFiles(Root, "*.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Root, file))
            .Where(static file => !file.EndsWith(".schema.json", StringComparison.Ordinal)).Order(),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Validate_ShippedFile_HasNoErrorAndNoWarning(string file)
    {
        var result = ConfigReader.Read(Path.Combine(Root, file), new Dictionary<string, string>());

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        Assert.NotNull(result.Config);
    }

    [Fact]
    public void Files_OfTheScenarios_AreThere() => Assert.Superset(
        new HashSet<string>
        {
            "appsettings.json", "examples/aws-nlb-nginx.json", "examples/cdn-clb-http-trusted-hops.json", "examples/chain-edge.json", "examples/chain-inner.json",
            "examples/clb-preserving-http.json", "examples/clb-proxy-v2-mysql-transparent.json", "examples/clb-proxy-v2-redis.json",
            "examples/https-mtls.json", "examples/lvs-toa-nginx.json", "examples/sni-databases.json",
        },
        Files.Select(row => row.Data).ToHashSet());
}
