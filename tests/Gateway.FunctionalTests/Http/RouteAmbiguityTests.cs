using System.Net;
using Gateway.Configuration;
using Gateway.Configuration.Validation;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.FunctionalTests.Http;

/// <summary>Validation calls two routes ambiguous exactly when routing does.</summary>
public sealed class RouteAmbiguityTests
{
    private static readonly RouteMatch Plain = new() { Path = "/a/{x}" };

    private static readonly RouteHeader Tier = new() { Name = "X-Tier", Values = ["1"] };

    private static readonly RouteQueryParameter Query = new() { Name = "q", Values = ["1"] };

    private static readonly (string Name, RouteMatch One, RouteMatch Other)[] Pairs =
    [
        ("same", Plain, new RouteMatch { Path = "A/{y}" }),
        ("constraint", Plain, new RouteMatch { Path = "/a/{x:int}" }),
        ("literal", Plain, new RouteMatch { Path = "/a/1" }),
        ("catch-all", Plain, new RouteMatch { Path = "/a/{**x}" }),
        ("method and none", Plain, Plain with { Methods = ["GET"] }),
        ("method twice", Plain with { Methods = ["GET", "PUT"] }, Plain with { Methods = ["get"] }),
        ("other method", Plain with { Methods = ["GET"] }, Plain with { Methods = ["PUT"] }),
        ("host and none", Plain, Plain with { Hosts = ["a.example"] }),
        ("host twice", Plain with { Hosts = ["a.example", "b.example"] }, Plain with { Hosts = ["a.example"] }),
        ("host in another spelling", Plain with { Hosts = ["a.example"] }, Plain with { Hosts = ["A.EXAMPLE"] }),
        ("host and wildcard", Plain with { Hosts = ["*.example"] }, Plain with { Hosts = ["a.example"] }),
        ("header and none", Plain, Plain with { Headers = [Tier] }),
        ("header twice", Plain with { Headers = [Tier] }, Plain with { Headers = [Tier with { Name = "x-tier" }] }),
        ("other header", Plain with { Headers = [Tier] }, Plain with { Headers = [Tier with { Values = ["2"] }] }),
        ("query and none", Plain, Plain with { QueryParameters = [Query] }),
        ("query twice", Plain with { QueryParameters = [Query] }, Plain with { QueryParameters = [Query] }),
        ("header and query", Plain with { Headers = [Tier] }, Plain with { Headers = [Tier], QueryParameters = [Query] }),
    ];

    public static TheoryData<string> Names => [.. Pairs.Select(pair => pair.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Check_TwoRoutes_SaysWhatRoutingSays(string name)
    {
        var (_, one, other) = Pairs.Single(pair => pair.Name == name);
        await using var backend = await HttpBackend.StartAsync();
        var config = HttpTestGateway.Config(backend.Http1, route: route => route with { RouteId = "one", Match = one });
        RouteConfig[] routes = [config.ReverseProxy.Routes[0], config.ReverseProxy.Routes[0] with { RouteId = "other", Match = other }];
        config = config with { ReverseProxy = config.ReverseProxy with { Routes = routes } };
        var issues = new ConfigIssues();
        var ambiguity = new RouteAmbiguity();
        foreach (var route in routes)
        {
            ambiguity.Check(new ValidationContext(config, new Dictionary<string, string>(), issues), route.RouteId, route);
        }

        await using var gateway = await HttpTestGateway.StartAsync(config);
        using var client = ProxyClient.For(gateway["web"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "a/1?q=1") { Headers = { Host = "a.example" } };
        request.Headers.Add("X-Tier", "1");
        using var response = await client.SendAsync(request);

        Assert.Equal(issues.Errors.Count > 0 ? HttpStatusCode.InternalServerError : HttpStatusCode.OK, response.StatusCode);
    }
}
