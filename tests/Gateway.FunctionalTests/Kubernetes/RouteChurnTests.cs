using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>
/// Routes of the cluster that come, change and go while other routes have live connections. A measurement of half a minute, which runs when
/// it is asked for: <c>-explicit only -class '*RouteChurnTests'</c>.
/// </summary>
public sealed class RouteChurnTests
{
    private const int Changes = 1000;
    private const int Ports = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    [Fact(Explicit = true)]
    public async Task Churn_AThousandTimesUnder200Connections_TouchesNoneAndIsInForceWithinASecond()
    {
        await using var server = await ApiServer.StartAsync();
        var (echo, web) = (Pod.Start(211, 1)[0], Pod.Start(212, 1, isHttp: true)[0]);
        await using var echoes = echo;
        await using var webs = web;
        int[] ports = [.. Enumerable.Range(0, Ports + 2).Select(static _ => FreePorts.Next())];
        var (tcp, http, admin) = (ports[^1], ports[^2], FreePorts.Next());
        Apply(server, echo, web, ports);
        using var folder = new TemporaryFolder();
        var file = folder.Write("appsettings.json", $$"""
            { "Kubernetes": { "ApiServer": "{{server.Url}}", "GatewayClass": "gw" }, "Admin": { "Address": "127.0.0.1:{{admin}}" } }
            """);
        await using var gateway = await GatewayProcess.StartAsync(folder, file, admin);
        Socket[] echoing = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ConnectAsync(tcp)));
        Socket[] asking = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ConnectAsync(http)));
        await TouchAsync(echoing, asking, web);

        var (began, cpu, memory) = (Stopwatch.GetTimestamp(), CpuOf(gateway), gateway.Process.ResidentBytes());
        var slowest = await ChurnAsync(server, http);
        var took = Stopwatch.GetElapsedTime(began);

        await TouchAsync(echoing, asking, web);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(100, (await gateway.MetricsAsync()).Sum("gateway_tcp_connection_active", ("route", $"tcproute.default.stable.{tcp}")));
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Changes} changes in {took.TotalSeconds:F1} s; a change in force after at most {slowest.TotalMilliseconds:F0} ms; "
                + $"CPU {(CpuOf(gateway) - cpu).TotalSeconds:F1} s; "
                + $"memory {memory >> 20} MiB before, {gateway.Process.ResidentBytes() >> 20} MiB after"));
        foreach (var client in echoing.Concat(asking))
        {
            client.Dispose();
        }
    }

    private static async Task<TimeSpan> ChurnAsync(ApiServer server, int http)
    {
        var random = new Random(15);
        var slowest = TimeSpan.Zero;
        using var client = new HttpClient();
        for (var step = 0; step < Changes; step++)
        {
            var (number, isTcp) = (random.Next(2 * Ports), step % 2 == 0);
            var name = isTcp ? $"t{number % Ports}" : $"h{number}";
            var kind = ApiKind.Known.First(one => one.Kind == (isTcp ? "TCPRoute" : "HTTPRoute"));
            if (server.Store.Find(kind, "default", name) is not null && random.Next(3) == 0)
            {
                server.Store.Delete(kind, "default", name);
            }
            else
            {
                server.Put(isTcp
                    ? Route("TCPRoute", name, "churn", $"l{number % Ports}", $$"""{ "backendRefs": [ {{Backend(random)}} ] }""")
                    : Route("HTTPRoute", name, "stable", "http", Rule($"/{name}", Backend(random))));
            }

            if (step % 23 == 0)
            {
                var began = Stopwatch.GetTimestamp();
                server.Put(Route("HTTPRoute", "probe", "stable", "http", Rule($"/probe/{step}", """{ "name": "web", "port": 80 }""")));
                await Eventually.TrueAsync(
                    async () =>
                    {
                        using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{http}/probe/{step}"));
                        return answer.Headers.Contains("X-Probe");
                    },
                    "the change is in force");
                var took = Stopwatch.GetElapsedTime(began);
                slowest = took > slowest ? took : slowest;
            }

            await Tempo.PauseAsync(Pace);
        }

        return slowest;
    }

    // Every connection still does what it did.
    private static async Task TouchAsync(Socket[] echoing, Socket[] asking, Pod web)
    {
        await Task.WhenAll(echoing.Select(static client => AskAsync(client, "x", "x")));
        await Task.WhenAll(asking.Select(client => AskAsync(client, "GET /live HTTP/1.1\r\nHost: a\r\n\r\n", web.Address)));
    }

    private static async Task AskAsync(Socket client, string question, string end)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(question));
        var (buffer, got) = (new byte[4096], 0);
        while (!Encoding.ASCII.GetString(buffer, 0, got).EndsWith(end, StringComparison.Ordinal))
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(got)).AsTask().WaitAsync(Eventually.DefaultTimeout);
            Assert.NotEqual(0, read);
            got += read;
        }
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        Socket? connected = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port);
                    connected = socket;
                    return true;
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    return false;
                }
            },
            "the port is open");
        return connected!;
    }

    private static TimeSpan CpuOf(GatewayProcess gateway)
    {
        using var process = Process.GetProcessById(gateway.Process.Id);
        return process.TotalProcessorTime;
    }

    private static void Apply(ApiServer server, Pod echo, Pod web, int[] ports)
    {
        server.Put("""{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default" } }""");
        server.Put("""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": { "name": "gw" },
              "spec": { "controllerName": "gateway.internal/controller" } }
            """);
        foreach (var (name, pod) in new[] { ("echo", echo), ("web", web) })
        {
            server.Put($$"""
                { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "{{name}}", "namespace": "default" },
                  "spec": { "ports": [ { "name": "p", "port": 80, "targetPort": {{pod.Port}} } ] } }
                """);
            server.Put(SliceText.Of(
                $"default/{name}", $"{name}-1", [SliceText.Port("p", pod.Port)], [SliceText.Endpoint(pod.Address)]));
        }

        Gateway(server, "churn", ports[..Ports].Select(static (port, i) => Listener($"l{i}", "TCP", port)));
        Gateway(server, "stable", [Listener("tcp", "TCP", ports[^1]), Listener("http", "HTTP", ports[^2])]);
        server.Put(Route("TCPRoute", "stable", "stable", "tcp", """{ "backendRefs": [ { "name": "echo", "port": 80 } ] }"""));
        server.Put(Route("HTTPRoute", "stable", "stable", "http", """{ "backendRefs": [ { "name": "web", "port": 80 } ] }"""));
    }

    private static string Listener(string name, string protocol, int port) =>
        $$"""{ "name": "{{name}}", "protocol": "{{protocol}}", "port": {{port}} }""";

    private static void Gateway(ApiServer server, string name, IEnumerable<string> listeners) => server.Put($$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "{{name}}", "namespace": "default" },
          "spec": { "gatewayClassName": "gw", "listeners": [ {{string.Join(',', listeners)}} ] } }
        """);

    private static string Route(string kind, string name, string gateway, string listener, string rule) => $$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "{{kind}}", "metadata": { "name": "{{name}}", "namespace": "default" },
          "spec": { "parentRefs": [ { "name": "{{gateway}}", "sectionName": "{{listener}}" } ], "rules": [ {{rule}} ] } }
        """;

    private static string Rule(string path, string backend) => $$"""
        { "matches": [ { "path": { "value": "{{path}}" } } ], "backendRefs": [ {{backend}} ],
          "filters": [ { "type": "ResponseHeaderModifier",
                         "responseHeaderModifier": { "set": [ { "name": "X-Probe", "value": "1" } ] } } ] }
        """;

    private static string Backend(Random random) => $$"""{ "name": "{{(random.Next(2) == 0 ? "echo" : "web")}}", "port": 80 }""";
}
