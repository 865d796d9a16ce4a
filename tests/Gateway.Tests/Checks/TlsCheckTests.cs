using Gateway.Checks;
using Gateway.Testing;
using Gateway.Testing.Certificates;

namespace Gateway.Tests.Checks;

/// <summary>What the self-test says of certificates.</summary>
public sealed class TlsCheckTests : IDisposable
{
    private readonly TestAuthority _authority = new("Test CA");
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData(90, "Ok", "until")]
    [InlineData(13, "Warn", "ends on")]
    [InlineData(-1, "Fail", "ended on")]
    public async Task Certificate_ByItsEnd_IsJudged(int days, string severity, string what)
    {
        var results = await RunAsync(Pair(_authority.Issue("shop", ["shop.example"], DateTimeOffset.UtcNow.AddDays(days))), "");

        var result = Assert.Single(results);
        Assert.Equal(("Listeners:db:Tls:Certificates:shop:Path", severity), (result.Where, result.Severity.ToString()));
        Assert.Contains(what, result.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_OfAnother_Fails()
    {
        var result = Assert.Single(await RunAsync(Pair(_authority.Issue("a", "shop.example") with { Key = _authority.Issue("b").Key }), ""));

        Assert.Equal(("Listeners:db:Tls:Certificates:shop:KeyPath", CheckSeverity.Fail), (result.Where, result.Severity));
    }

    [Theory]
    [InlineData("\"shop.example\"", "Ok")]
    [InlineData("\"*.example\"", "Ok")]
    [InlineData("\"shop.example\", \"other.example\"", "Ok Fail TcpProxy:Routes:r:Match:ServerNames")]
    [InlineData("\"other.example\"", "Warn Listeners:db:Tls:Certificates:shop Ok Fail TcpProxy:Routes:r:Match:ServerNames")]
    public async Task Names_OfRoutesAndCertificates_AreCompared(string names, string expected)
    {
        var results = await RunAsync(Pair(_authority.Issue("shop", "shop.example")), $"\"ServerNames\": [ {names} ]");

        Assert.Equal(
            expected,
            string.Join(' ', results.Select(static result => result.Severity == CheckSeverity.Ok ? "Ok" : $"{result.Severity} {result.Where}")));
    }

    [Fact]
    public async Task Chain_WithoutTheIntermediateThatFollows_IsToldOf()
    {
        using var below = new TestAuthority("Intermediate", _authority);
        using var other = new TestAuthority("Other");
        var leaf = below.Issue("shop", "shop.example");

        var complete = Assert.Single(await RunAsync(Pair(leaf with { Certificate = leaf.Certificate + "\n" + below.Pem }), ""));
        var wrong = Assert.Single(await RunAsync(Pair(leaf with { Certificate = leaf.Certificate + "\n" + other.Pem }), ""));

        Assert.Equal(CheckSeverity.Ok, complete.Severity);
        Assert.Equal(CheckSeverity.Warn, wrong.Severity);
        Assert.Contains("CN=Intermediate", wrong.What, StringComparison.Ordinal);
    }

    private string Pair(TestCertificate certificate)
    {
        var (path, key) = (_folder.Write("tls.crt", certificate.Certificate), _folder.Write("tls.key", certificate.Key));
        return $$"""{ "shop": { "Path": "{{path}}", "KeyPath": "{{key}}" } }""";
    }

    private static async Task<IReadOnlyList<CheckResult>> RunAsync(string certificates, string match)
    {
        var snapshot = VerdictTests.Snapshot($$"""
            "Listeners": { "db": { "Address": "*:5432", "Protocol": "Tls", "Tls": { "Certificates": {{certificates}} } } },
            "TcpProxy": {
              "Routes": { "r": { "Listener": "db", "ClusterId": "c", "SourceIp": { "Mode": "None" } {{(match.Length > 0 ? ", \"Match\": { " + match + " }" : "")}} } },
              "Clusters": { "c": { "Destinations": { "d": { "Address": "192.0.2.1:5432" } } } }
            }
            """);
        var findings = new CheckFindings("tls");
        await new TlsCheck().RunAsync(new CheckContext(snapshot), findings, CancellationToken.None);
        return findings.Results;
    }
}
