using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>
/// Every way to learn a client times every way to pass it on, in both address families and across them, through one gateway. What came out is the table in
/// docs/source-ip.md; with GATEWAY_UPDATE_DOCS=1 the test writes it there instead of comparing.
/// </summary>
public sealed class TranslationMatrixTests : IDisposable
{
    private const string Refused = "refused";
    private const string Heading = "## Every way in, every way out";

    private static readonly IPEndPoint ClaimedV4 = IPEndPoint.Parse("203.0.113.77:4660");
    private static readonly IPEndPoint ClaimedV6 = IPEndPoint.Parse("[2001:db8:77::1234]:4660");
    private static readonly IPAddress Balancer = IPAddress.Parse("192.0.2.19");
    private static readonly IPAddress ToaBalancer = IPAddress.Parse("192.0.2.15");

    private static readonly Learned[] Ways =
    [
        new("the socket", "plain"), new("PROXY v1", "header"), new("PROXY v2", "header"), new("TOA in the SYN", "toa"), new("TOA in the handshake's ACK", "toa"), new("the socket, diverted by TPROXY", "tproxy"),
    ];

    private static readonly Passed[] Modes =
    [
        new("PROXY v1", new { Mode = "ProxyProtocol", Version = "V1" }), new("PROXY v2", new { Mode = "ProxyProtocol" }),
        new("Transparent", new { Mode = "Transparent" }), new("Transparent, `Port: Client`", new { Mode = "Transparent", Port = "Client" }), new("Toa", new { Mode = "Toa" }),
        new("Dnat", new { Mode = "Dnat" }),
        new("PROXY v2, name read", new { Mode = "ProxyProtocol", SslTlvs = true }, Tls.NameRead),
        new("PROXY v2, TLS ended here", new { Mode = "ProxyProtocol", SslTlvs = true }, Tls.Ended),
    ];

    // What is meant for this many ports above an intercepting listener is diverted to it.
    private const int Diverted = 2000;

    private const string ServerName = "db.example";
    private const byte Authority = 0x02;
    private const byte Ssl = 0x20;

    private readonly TestAuthority _authority = new("own");
    private readonly byte[] _clientHello = FirstFlight.Of(ServerName);
    private int _balancerPort = 20000;
    private int _refusals;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task EveryPair_BackendLearnsTheClient()
    {
        Rights.RequireBpf();
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ReturnByNftAsync();
        await network.ForwardAsync();
        using var group = ControlGroup.Create();
        await RawTcpClient.SilenceKernelAsync(network.Client, ToaBalancer);
        await using var backend4 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend, saveSyn: true);
        await using var backend6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, 8080), inside: network.Backend, saveSyn: true);
        // The self-test of Dnat routes would be connections at the backends.
        var config = new ConfigFile().Set("Checks:AtStart", "None");
        using var secrets = new TemporaryFolder();
        var pair = PemPair.Write(secrets, "db", _authority.Issue("db", ServerName));
        var ports = new Dictionary<(string Listener, string Mode, bool V6), int>();
        foreach (var listener in Ways.Select(static way => way.Listener).Distinct())
        {
            foreach (var mode in Modes)
            {
                foreach (var backend in new[] { backend4, backend6 }.Where(_ => IsPossible(listener, mode)))
                {
                    var port = 9000 + ports.Count;
                    ports[(listener, mode.Name, backend == backend6)] = port;
                    Trust(config.AddTcp($"p{port}", port, backend.Address, mode.SourceIp, address: mode.Name != "Dnat" ? "*" : backend == backend4 ? "0.0.0.0" : "[::]"), $"p{port}", listener);
                    if (mode.Tls == Tls.NameRead)
                    {
                        config.Set($"TcpProxy:Routes:p{port}:Match:ServerNames", new[] { ServerName });
                    }
                    else if (mode.Tls == Tls.Ended)
                    {
                        config.Set($"Listeners:p{port}:Protocol", "Tls")
                            .Set($"Listeners:p{port}:Tls:Certificates:db", new { pair.Path, pair.KeyPath });
                    }

                    if (mode.Name == "Dnat")
                    {
                        config.Set($"TcpProxy:Clusters:p{port}:HealthCheck", new { Active = new { Interval = "1h" } });
                    }
                }
            }

            if (listener == "tproxy")
            {
                continue;
            }

            var http = 9000 + ports.Count;
            ports[(listener, "http", false)] = http;
            Trust(config.AddHttp($"p{http}", http, backend4.Address, address: "*"), $"p{http}", listener);
        }

        using (var folder = new TemporaryFolder())
        {
            (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, RepositoryPaths.GatewayExecutable, "redirect", "apply", "--config", folder.Write("a.json", config.ToJson())]))
                .RequireSuccess();
        }

        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway, Prefix = group.CommandPrefix });

        var table = new StringBuilder("| learned from | ").AppendJoin(" | ", Modes.Select(static mode => mode.Name)).AppendLine(" | X-Forwarded-For |");
        table.Append("|---|").Insert(table.Length, "---|", Modes.Length + 1).AppendLine();
        foreach (var way in Ways)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {way.Name} |");
            foreach (var mode in Modes)
            {
                if (!IsPossible(way.Listener, mode))
                {
                    table.Append(" – |");
                    continue;
                }

                var same = new List<string>();
                var other = new List<string>();
                foreach (var clientIsV6 in new[] { false, true })
                {
                    foreach (var backend in new[] { backend4, backend6 }.Where(backend => mode.Name != "Dnat" || clientIsV6 == (backend == backend6)))
                    {
                        var seen = await ObserveAsync(network, way, mode, clientIsV6, ports[(way.Listener, mode.Name, backend == backend6)], backend);
                        (clientIsV6 == (backend == backend6) ? same : other).Add(seen);
                    }
                }

                // Both families alike, else the table would need a column for each.
                var (alike, across) = (Assert.Single(same.Distinct()), mode.Name == "Dnat" ? "–" : Assert.Single(other.Distinct()));
                Assert.NotEqual(Refused, alike);
                table.Append(CultureInfo.InvariantCulture, $" {(alike == across ? alike : $"{alike}; other family: {across}")} |");
            }

            if (way.Listener == "tproxy")
            {
                table.AppendLine(" – |");
                continue;
            }

            foreach (var clientIsV6 in new[] { false, true })
            {
                await CheckForwardedForAsync(network, way, clientIsV6, ports[(way.Listener, "http", false)], backend4);
            }

            table.AppendLine(" address |");
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", value => value == _refusals, ("reason", "source_ip"));
        CompareWithManual(table.ToString());
    }

    // The kernel forwards packets: it reads no header and no option, and rewrites no family. TPROXY is for Tcp listeners. The client that
    // writes TOA has no TLS: ToaTests has a test with two gateways.
    private static bool IsPossible(string listener, Passed mode) =>
        (mode.Name != "Dnat" || listener == "plain") && (mode.Tls != Tls.Ended || listener is "plain" or "header");

    private static void Trust(ConfigFile config, string name, string listener)
    {
        if (listener == "header")
        {
            config.Set($"Listeners:{name}:ProxyProtocol", new { TrustedProxies = new[] { $"{Balancer}/32" } });
        }
        else if (listener == "toa")
        {
            config.Set($"Listeners:{name}:Toa", new { TrustedProxies = new[] { $"{ToaBalancer}/32" }, Missing = "Reject" });
        }
        else if (listener == "tproxy")
        {
            var port = int.Parse(name[1..], CultureInfo.InvariantCulture);
            config.Set($"Listeners:{name}:Intercept", "TProxy").Set($"TcpProxy:Routes:{name}:Match", new { DestinationPorts = new[] { port + Diverted } });
        }
    }

    /// <summary>Opens a connection whose client is told in one way. The caller ends it.</summary>
    private async Task<(IDisposable Connection, IPEndPoint Client, Func<byte[], Task> SendAsync, Func<Task>? EndAsync)> OpenAsync(
        GatewayNetwork network, Learned way, bool clientIsV6, int port)
    {
        var claimed = clientIsV6 ? ClaimedV6 : ClaimedV4;
        if (way.Listener == "toa")
        {
            var option = clientIsV6 ? "FE14123420010DB8007700000000000000001234" : "FE081234CB00714D";
            var inSyn = way.Name.Contains("SYN", StringComparison.Ordinal);
            var raw = RawTcpClient.Connect(
                network.Client, new IPEndPoint(ToaBalancer, ++_balancerPort), new IPEndPoint(GatewayNetwork.GatewayV4, port), inSyn ? option : "", inSyn ? "" : option);
            return (raw, claimed, bytes =>
            {
                raw.Send(bytes);
                return Task.CompletedTask;
            }, null);
        }

        var from = way.Listener == "header" ? Balancer : clientIsV6 ? GatewayNetwork.ClientV6 : GatewayNetwork.ClientV4;
        var to = from.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? GatewayNetwork.GatewayV4 : GatewayNetwork.GatewayV6;
        var peer = await TcpPeer.ConnectAsync(new IPEndPoint(to, way.Listener == "tproxy" ? port + Diverted : port), new IPEndPoint(from, 0), network.Client);
        if (way.Listener == "header")
        {
            var destination = clientIsV6 ? "[2001:db8:1::1]:443" : "198.51.100.200:443";
            await peer.SendAsync(way.Name == "PROXY v1" ? WireHeader.V1(claimed.ToString(), destination) : WireHeader.V2(claimed.ToString(), destination));
        }

        return (peer, way.Listener == "header" ? claimed : peer.Local, bytes => peer.SendAsync(bytes), () => peer.WaitForEndAsync());
    }

    /// <summary>What of the client the backend learned.</summary>
    private async Task<string> ObserveAsync(GatewayNetwork network, Learned way, Passed mode, bool clientIsV6, int port, RecordingTcpServer backend)
    {
        var isV6 = backend.EndPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        if (mode.Name.StartsWith("Transparent", StringComparison.Ordinal) && clientIsV6 != isV6)
        {
            return await ObserveRefusalAsync(network, way, clientIsV6, port);
        }

        var (connection, client, send, _) = await OpenAsync(network, way, clientIsV6, port);
        using (connection)
        {
            await SayAsync(connection, mode, send);
            using var accepted = await backend.NextAsync();
            var syn = accepted.SavedSyn();
            var seen = mode.Name switch
            {
                _ when mode.Tls != Tls.None => CompareWithTls(client, await WireHeader.ReadAsync(accepted)),
                "PROXY v1" or "PROXY v2" => Compare(client, (await WireHeader.ReadAsync(accepted)).Source!),
                "Toa" => syn.EndsWith(client.Port.ToString("X4", CultureInfo.InvariantCulture) + Convert.ToHexString(client.Address.GetAddressBytes()), StringComparison.Ordinal)
                    ? "address, port" : "nothing",
                _ => Compare(client, accepted.Remote),
            };
            if (mode.Tls == Tls.NameRead)
            {
                Assert.Equal(_clientHello, await accepted.ReadExactlyAsync(_clientHello.Length));
            }
            else
            {
                Assert.Equal("hello", await accepted.ReadTextAsync(5));
            }

            return seen;
        }
    }

    /// <summary>Sends the client's first bytes.</summary>
    private async Task SayAsync(IDisposable connection, Passed mode, Func<byte[], Task> send)
    {
        if (mode.Tls != Tls.Ended)
        {
            await send(mode.Tls == Tls.NameRead ? _clientHello : "hello"u8.ToArray());
            return;
        }

        // The connection ends the stream.
        var tls = new SslStream(new NetworkStream(((TcpPeer)connection).Socket));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = ServerName, CertificateChainPolicy = _authority.CreatePolicy() },
            TestContext.Current.CancellationToken);
        await tls.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    private static string CompareWithTls(IPEndPoint client, WireHeader header)
    {
        Assert.Equal(ServerName, Encoding.ASCII.GetString(header.Tlvs.Single(static tlv => tlv.Type == Authority).Value));
        return $"{Compare(client, header.Source!)}, AUTHORITY{(header.Tlvs.Any(static tlv => tlv.Type == Ssl) ? ", SSL" : "")}";
    }

    /// <summary>Nobody is dialed: had somebody been, the next pair would take that connection for its own, and fail.</summary>
    private async Task<string> ObserveRefusalAsync(GatewayNetwork network, Learned way, bool clientIsV6, int port)
    {
        _refusals++;
        try
        {
            var (connection, _, _, end) = await OpenAsync(network, way, clientIsV6, port);
            using (connection)
            {
                await (end?.Invoke() ?? Task.CompletedTask);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Refused so soon that the connect itself hears of it.
        }

        return Refused;
    }

    private async Task CheckForwardedForAsync(GatewayNetwork network, Learned way, bool clientIsV6, int port, RecordingTcpServer backend)
    {
        var (connection, client, send, _) = await OpenAsync(network, way, clientIsV6, port);
        using (connection)
        {
            await send("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n"u8.ToArray());
            using var accepted = await backend.NextAsync();
            var lines = new List<string>();
            while (await accepted.ReadLineAsync() is { Length: > 0 } line)
            {
                lines.Add(line);
            }

            // Answered, or the gateway would ask again on another connection.
            await accepted.SendAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            Assert.Contains($"X-Forwarded-For: {client.Address}", lines);
            Assert.Contains($"X-Real-IP: {client.Address}", lines);
        }
    }

    private static string Compare(IPEndPoint client, IPEndPoint seen)
    {
        Assert.Equal(client.Address, seen.Address);
        return client.Port == seen.Port ? "address, port" : "address";
    }

    private static void CompareWithManual(string table)
    {
        var path = Path.Combine(RepositoryPaths.Root, "docs", "source-ip.md");
        var manual = File.ReadAllText(path);
        var start = manual.IndexOf('|', manual.IndexOf(Heading, StringComparison.Ordinal));
        var end = manual.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        if (Environment.GetEnvironmentVariable("GATEWAY_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, manual[..start] + table + manual[end..]);
            return;
        }

        Assert.Equal(table, manual[start..end]);
    }

    /// <summary>What the gateway does with the client's TLS.</summary>
    private enum Tls
    {
        None,
        NameRead,
        Ended,
    }

    private sealed record Learned(string Name, string Listener);

    private sealed record Passed(string Name, object SourceIp, Tls Tls = Tls.None);
}
