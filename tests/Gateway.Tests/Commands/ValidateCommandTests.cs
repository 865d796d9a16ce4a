using System.Text.RegularExpressions;
using Gateway.Commands;
using Gateway.Kubernetes.Manifests;
using Gateway.Tcp.Admission;

namespace Gateway.Tests.Commands;

public sealed class ValidateCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _file = Path.GetTempFileName();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private const string FileWithClass = """{ "Kubernetes": { "GatewayClass": "gw" } }""";

    private const string Objects = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: { name: gw }
        spec: { controllerName: gateway.internal/controller }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: edge }
        spec: { gatewayClassName: gw, listeners: [ { name: db, protocol: TCP, port: 5000 } ] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: TCPRoute
        metadata: { name: db }
        spec: { parentRefs: [ { name: edge, sectionName: db } ], rules: [ { backendRefs: [ { name: db, port: 5432 } ] } ] }
        ---
        apiVersion: gateway.internal/v1alpha1
        kind: SourceIpPolicy
        metadata: { name: p }
        spec: { targetRefs: [ { group: "", kind: Service, name: db } ], sourceIp: { mode: Toa } }
        ---
        { apiVersion: v1, kind: Service, metadata: { name: db }, spec: { ports: [ { port: 5432 } ] } }
        ---
        { apiVersion: v1, kind: ConfigMap, metadata: { name: not-ours } }
        """;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Run_ValidFileWithWarnings_PrintsThemAndExitsWith0()
    {
        File.WriteAllText(_file, """{ "Listeners": { }, "Admin": { "Address": "*:9901" } }""");

        Assert.Equal(0, Run(_file));

        Assert.StartsWith("warning: Admin:Address = \"*:9901\": ", _output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("is valid (1 warning)" + Environment.NewLine, _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void Run_InvalidFile_PrintsEveryErrorWithPathAndValueAndExitsWith1()
    {
        File.WriteAllText(_file, """{ "Listeners": { "a": { "Address": "nowhere", "Protocol": "Udp" } }, "Shutdown": { "DrainTimeout": 5 } }""");

        Assert.Equal(1, Run(_file));

        var lines = _error.ToString().Split(Environment.NewLine);
        Assert.Contains(lines, line => line.StartsWith("error: Listeners:a:Address = \"nowhere\": ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("error: Listeners:a:Protocol = \"Udp\": ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("error: Shutdown:DrainTimeout = 5: ", StringComparison.Ordinal));
        Assert.Contains($"{_file} is not valid: 3 errors", lines);
    }

    /// <summary>A file from somebody else's pull request is looked at in a terminal.</summary>
    [Theory]
    [InlineData("""{ "Li\u001b[31mst\nerror: forged": 1 }""")]
    [InlineData("""{ "Listeners": { "\u202ea\nb": {} } }""")]
    [InlineData("""{ "Logging": { "LogLevel": { "\u001b[2J": "\u009bloud" } } }""")]
    [InlineData("""{ "Networks": { "\u0007": ["\u0007"] } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "\u001b[31mr\ned": { "ClusterId": "\u2066c", "Match": { "Path": "/{\u001b" } } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Clusters": { "\u001b[31mr\ned": { "HttpRequest": { "Version": "\u001b" }, "LoadBalancingPolicy": "\u001b\n" } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "\u001b[31mr\ned": { "ClusterId": "c", "Match": { }, "Transforms": [ { "\u001b\n": "\u001b" } ] } }, "Clusters": { "c": {} } } }""")]
    public void Run_KeysAndValuesOfControlCharacters_AreEscaped(string json)
    {
        File.WriteAllText(_file, json);

        Assert.Equal(1, Run(_file));

        var lines = (_output.ToString() + _error).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain(string.Concat(lines), c => c is (< ' ' or > '~') and not '…');
        Assert.All(lines, line => Assert.True(line.StartsWith("error: ", StringComparison.Ordinal) || line.StartsWith("warning: ", StringComparison.Ordinal) || line.StartsWith(_file, StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, line => line.StartsWith("error: forged", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_BalanceChecksAndLimits_ArePrintedAndDefaultsAreNot()
    {
        File.WriteAllText(_file, """
            {
              "Listeners": {
                "db": {
                  "Address": "127.0.0.1:5432", "Protocol": "Tcp", "Access": { "Deny": [ "192.0.2.0/24" ] },
                  "Limits": { "MaxConnections": 100, "PerClient": { "MaxConnections": 10, "ConnectionsPerSecond": 0.5 } }
                },
                "plain": { "Address": "127.0.0.1:5433", "Protocol": "Tcp" }
              },
              "TcpProxy": {
                "Routes": {
                  "db": {
                    "Listener": "db", "ClusterId": "db", "SourceIp": { "Mode": "None" }, "HalfClosedTimeout": "10s",
                    "Limits": { "MaxConnections": 50, "BytesPerSecondToBackend": 2000, "BytesPerSecondToClient": 1024 }
                  },
                  "plain": { "Listener": "plain", "ClusterId": "plain", "SourceIp": { "Mode": "None" } }
                },
                "Clusters": {
                  "db": {
                    "LoadBalancingPolicy": "LeastRequests", "Queue": { "MaxLength": 5 },
                    "Destinations": { "a": { "Address": "10.0.0.1:5432", "Weight": 2, "Priority": 1, "MaxConnections": 20 } },
                    "HealthCheck": { "Active": { "Kind": "Tls" }, "WhenAllDown": "Reject", "WhenUnhealthy": "Close" }
                  },
                  "plain": { "Destinations": { "a": { "Address": "10.0.0.1:5432" } } }
                }
              },
              "Admin": null
            }
            """);

        Assert.Equal(0, Run(_file));

        var lines = _output.ToString().Split(Environment.NewLine);
        Assert.Contains(
            "db  127.0.0.1:5432  Tcp; denies 192.0.2.0/24; at most 100 connections; each client at most 10 connections; "
                + "each client at most 0.5 new connections a second",
            lines);
        Assert.Contains(
            "  1. db: any -> db (None): a 10.0.0.1:5432 (weight 2) (priority 1) (at most 20 connections); by LeastRequests; 5 may wait; "
                + "checked by Tls; refused while all are down; closed at what is unhealthy; at most 50 connections; "
                + "2000 bytes a second to the backend; 1024 bytes a second to the client; "
                + "ends after 60 min without a byte, 10 s once one side has ended",
            lines);
        Assert.Contains("plain  127.0.0.1:5433  Tcp", lines);
        Assert.Contains("  1. plain: any -> plain (None): a 10.0.0.1:5432; ends after 60 min without a byte", lines);
    }

    [Theory]
    [InlineData("""{ "Listeners": { }, "Limits": { "MaxConnections": 63 } }""", "All listeners together: at most 63 connections")]
    [InlineData(
        """{ "Listeners": { } }""",
        "All listeners together: at most DEFAULT connections, by the descriptors and the memory of a process here, because "
            + "Limits:MaxConnections is not written")]
    [InlineData(
        """{ "Listeners": { }, "Limits": { "MaxConnections": 2147483647 } }""",
        "All listeners together: at most 2147483647 connections, and no more than POSSIBLE by the descriptors of a process here")]
    public void Run_LimitOfTheProcess_IsPrintedWithItsDefault(string json, string expected)
    {
        File.WriteAllText(_file, json);

        Assert.Equal(0, Run(_file));

        // The default changes with the free memory from one call to the next.
        var line = _output.ToString().Split(Environment.NewLine)[^3];
        var pattern = Regex.Escape(expected).Replace("DEFAULT", "[0-9]+", StringComparison.Ordinal)
            .Replace("POSSIBLE", $"{ConnectionLimit.ByDescriptors()}", StringComparison.Ordinal);
        Assert.Matches($"^{pattern}$", line);
    }

    [Fact]
    public void Run_WithObjects_PrintsWhatTheyAddAndWhereItCameFrom()
    {
        Assert.Equal(0, RunWith(Objects));

        var output = _output.ToString();
        Assert.Contains(
            "gateway.default.edge.5000  *:5000  Tcp; from Gateway default/edge" + Environment.NewLine, output, StringComparison.Ordinal);
        Assert.Contains("  1. tcproute.default.db.5000: any -> ", output, StringComparison.Ordinal);
        Assert.Contains("; from TCPRoute default/db" + Environment.NewLine, output, StringComparison.Ordinal);
        Assert.Contains("warning: not looked at: 1 ConfigMap.", output, StringComparison.Ordinal);
        Assert.EndsWith($"{_file} is valid (1 warning)" + Environment.NewLine, output, StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    // Of the file's routes none is served on a listener of the cluster.
    [Fact]
    public void Run_WithHttpRoutes_PrintsThoseOfTheListenerInTheirPrecedence()
    {
        const string Http = """
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: { name: web }
            spec: { gatewayClassName: gw, listeners: [ { name: http, protocol: HTTP, port: 8000 } ] }
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: { name: r }
            spec:
              parentRefs: [ { name: web } ]
              rules:
                - backendRefs: [ { name: db, port: 5432, weight: 3 }, { name: db, port: 5432 } ]
                - matches: [ { path: { value: /old } } ]
                  filters: [ { type: RequestRedirect, requestRedirect: { scheme: https } } ]
                - matches: [ { path: { value: /x }, method: GET } ]
            """;
        const string File = """
            { "Kubernetes": { "GatewayClass": "gw" }, "ReverseProxy": {
              "Routes": { "everywhere": { "ClusterId": "w", "Match": { "Path": "/{**all}" } } },
              "Clusters": { "w": { "Destinations": { "d": { "Address": "http://192.0.2.8/" } } } } } }
            """;
        Assert.Equal(0, RunWith(Objects.Replace("mode: Toa", "mode: None", StringComparison.Ordinal) + Environment.NewLine + Http, File));

        var lines = _output.ToString().Split(Environment.NewLine)
            .SkipWhile(static line => !line.StartsWith("gateway.default.web.8000", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [
                "  1. httproute.default.r.8000.r1: path /old/{**rest} -> 302 https://*; from HTTPRoute default/r",
                "  2. httproute.default.r.8000.r2: path /x/{**rest}; methods GET -> 500; from HTTPRoute default/r",
                "  3. httproute.default.r.8000.r0: path /{**rest} -> service.default.db.5432=3, service.default.db.5432=1"
                    + "; from HTTPRoute default/r",
            ],
            lines.Skip(1).Take(3));
        Assert.DoesNotContain("everywhere", string.Join('\n', lines.Take(5)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("port: 5432 } ] } ]", "port: 5433 } ] } ]", "error: TCPRoute default/db at edge: not ResolvedRefs: BackendNotFound: ")]
    [InlineData("protocol: TCP", "protocol: UDP", "error: Gateway default/edge, listener db: not Accepted, not Programmed: UnsupportedProtocol")]
    [InlineData("sectionName: db", "sectionName: x", "error: TCPRoute default/db at edge: not Accepted: NoMatchingParent")]
    [InlineData("mode: Toa", "mode: Dnat", "error: SourceIpPolicy default/p for Service db: not Accepted: Invalid")]
    [InlineData("port: 5000", "port: 9901", "error: Gateway default/edge, listener db: ")]
    [InlineData("kind: GatewayClass", "kind: Class", "error: GatewayClass gw: none of the objects is this class with the controller ")]
    [InlineData("kind: TCPRoute", "kind: TCPRoute\nkind: TCPRoute", "error: file:13:1: the key kind stands here twice")]
    public void Run_WithAWrongObject_SaysWhichAndWhyAndExitsWith1(string old, string now, string error)
    {
        Assert.Equal(1, RunWith(Objects.Replace(old, now, StringComparison.Ordinal)));

        Assert.Contains(_error.ToString().Split(Environment.NewLine), line => line.StartsWith(error, StringComparison.Ordinal));
        Assert.Contains($"{_file} is not valid: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "gatewayClassName: gw",
        "gatewayClassName: x",
        "Gateway default/edge is not served: its class is x, and Kubernetes:GatewayClass is gw.")]
    [InlineData(
        "name: edge, sec", "name: other, sec", "TCPRoute default/db is not served: none of its parentRefs is a Gateway of the class gw")]
    [InlineData(
        "backendRefs:", "backendRef:", "file:10: TCPRoute default/db: $.spec.rules[0].backendRef is not read: misspelt, or not supported")]
    public void Run_WithAnObjectThatNoStatusSpeaksOf_WarnsAndSaysWhy(string old, string now, string warning)
    {
        RunWith(Objects.Replace(old, now, StringComparison.Ordinal));

        Assert.Contains(
            _output.ToString().Split(Environment.NewLine), line => line.StartsWith($"warning: {warning}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "error: There are no objects in what --objects names.")]
    [InlineData("a: [", "error: file:")]
    public void Run_WithoutAnyObject_SaysThatAlone(string objects, string error)
    {
        Assert.Equal(1, RunWith(objects));

        Assert.StartsWith(error, _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"{_file} is not valid: 1 error" + Environment.NewLine, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ObjectsThatNobodyWouldFollow_AreAnErrorAndAClassWithoutObjectsAWarning()
    {
        Assert.Equal(1, RunWith(Objects, "{ }"));
        Assert.Contains("error: Kubernetes:GatewayClass is not set", _error.ToString(), StringComparison.Ordinal);
        File.WriteAllText(_file, FileWithClass);
        Assert.Equal(0, Run(_file));
        Assert.Contains("warning: Kubernetes:GatewayClass = \"gw\": ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MissingFile_NamesItAndExitsWith1()
    {
        Assert.Equal(1, Run("/no/such/file.json"));
        Assert.Contains("\"/no/such/file.json\": the file cannot be read: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Directory_ExitsWith1()
    {
        Assert.Equal(1, Run(Path.GetTempPath()));
        Assert.Contains("cannot be read", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ValidFile_PrintsListenersRoutesInMatchOrderAndDestinations()
    {
        File.WriteAllText(
            _file,
            """
            {
              "Networks": { "clb": ["10.0.0.0/8"] },
              "Listeners": {
                "db": { "Address": "127.0.0.1:5432", "Protocol": "Tcp", "ProxyProtocol": { "TrustedProxies": ["clb"] } },
                "web": {
                  "Address": "127.0.0.1:8080", "Protocol": "Http",
                  "ForwardedHeaders": { "TrustedProxies": ["clb", "172.16.0.0/12", "192.0.2.0/28", "192.0.2.16/28", "192.0.2.32/28"] }
                },
                "inner": { "Address": "127.0.0.1:8081", "Protocol": "Http" }
              },
              "TcpProxy": {
                "Routes": {
                  "rest": { "Listener": "db", "ClusterId": "c", "SourceIp": { "Mode": "None" } },
                  "one": {
                    "Listener": "db", "ClusterId": "c", "Match": { "ClientCidrs": ["192.0.2.0/24"] },
                    "SourceIp": { "Mode": "ProxyProtocol" }
                  },
                  "names": {
                    "Listener": "db", "ClusterId": "c", "Match": { "ServerNames": ["*.example.com"] }, "SourceIp": { "Mode": "None" }
                  },
                  "first": {
                    "Listener": "db", "ClusterId": "c", "Order": -1, "Match": { "ClientCidrs": ["198.51.100.0/24"] },
                    "SourceIp": { "Mode": "None" }
                  }
                },
                "Clusters": {
                  "c": { "Destinations": { "a": { "Address": "192.0.2.9:1", "Weight": 3 }, "b": { "Address": "name:2", "Priority": 1 } } }
                }
              },
              "ReverseProxy": {
                "Routes": {
                  "all": { "ClusterId": "w", "Match": { "Path": "{**all}" } },
                  "api": { "ClusterId": "w", "Match": { "Path": "/api/{**rest}", "Hosts": ["a.example"], "Methods": ["GET"] } },
                  "elsewhere": { "ClusterId": "w", "Match": { "Path": "/x" }, "Metadata": { "Listeners": "inner" } }
                },
                "Clusters": { "w": { "Destinations": { "d": { "Address": "http://192.0.2.8/" } } } }
              },
              "Admin": null
            }
            """);

        Assert.True(Run(_file) == 0, _error.ToString());

        var lines = _output.ToString().Split(Environment.NewLine).SkipWhile(
            static line => line.StartsWith("warning", StringComparison.Ordinal));
        const string To = "a 192.0.2.9:1 (weight 3), b name:2 (priority 1); ends after 60 min without a byte";
        Assert.Equal(
            [
                "db  127.0.0.1:5432  Tcp; PROXY header Required from 10.0.0.0/8",
                "  1. first: clients 198.51.100.0/24 -> c (None): " + To,
                "  2. names: names *.example.com -> c (None): " + To,
                "  3. one: clients 192.0.2.0/24 -> c (ProxyProtocol V2): " + To,
                "  4. rest: any -> c (None): " + To,
                "web  127.0.0.1:8080  Http1; X-Forwarded-For from 10.0.0.0/8, 172.16.0.0/12, 192.0.2.0/28, 192.0.2.16/28 and 1 more",
                "  1. api: hosts a.example; path /api/{**rest}; methods GET -> w: d http://192.0.2.8/",
                "  2. all: path {**all} -> w: d http://192.0.2.8/",
            ],
            lines.Take(8));
    }

    private int Run(string path) => ValidateCommand.Run(path, null, [], NoEnvironment, _output, _error);

    private int RunWith(string objects, string file = FileWithClass)
    {
        File.WriteAllText(_file, file);
        var (manifests, errors) = (new List<Manifest>(), new List<string>());
        ManifestReader.Parse("file", objects, manifests, errors);
        return ValidateCommand.Run(_file, manifests, errors, NoEnvironment, _output, _error);
    }
}
