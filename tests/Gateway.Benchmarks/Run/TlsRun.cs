using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Benchmarks.Peers;

namespace Gateway.Benchmarks.Run;

/// <summary>
/// TLS that ends at the proxy, with the static server behind it in clear: full handshakes and bulk by wrk (TLS 1.3, AES-128-GCM for all),
/// resumed handshakes by <c>openssl s_time</c> (TLS 1.2, one at a time), and the memory of idle connections.
/// </summary>
internal sealed class TlsRun(IReadOnlyList<Proxy> proxies, Configurations configurations, int rounds, int seconds)
{
    private readonly Random _random = new(3);

    /// <summary>The goals of each cell: our speed over HAProxy's or nginx's.</summary>
    public static IReadOnlyList<(string Name, string Peer, double Goal)> Cells { get; } =
    [
        ("tls full handshakes", "haproxy 64k", 0.8),
        ("tls resumed handshakes", "haproxy 64k", 0.8),
        ("tls bulk", "nginx 16k", 0.8),
    ];

    /// <summary>Until the runtime has compiled what runs often.</summary>
    public void WarmUp()
    {
        for (var pass = 0; pass < 3; pass++)
        {
            foreach (var proxy in proxies)
            {
                Cells.ToList().ForEach(cell => Measure(cell.Name, proxy));
            }
        }
    }

    public IReadOnlyList<Row> Run(string cell)
    {
        var rows = proxies.Select(static proxy => new Row(proxy.Name)).ToList();
        for (var round = 0; round <= rounds; round++)
        {
            var order = Enumerable.Range(0, proxies.Count).ToArray();
            _random.Shuffle(order);
            foreach (var index in order)
            {
                var before = proxies[index].CpuSeconds();
                var (perSecond, count, errors, _, _) = Measure(cell, proxies[index]);
                if (round == 0)
                {
                    continue;
                }

                rows[index].Speeds.Add(perSecond);
                rows[index].CpuPerUnit.Add((proxies[index].CpuSeconds() - before) / count);
                rows[index].Errors += errors;
            }
        }

        return rows;
    }

    /// <summary>Resident bytes for each TLS connection that has shaken hands and asked for nothing.</summary>
    public static double BytesPerConnection(Proxy proxy, int connections)
    {
        // Once for the pools and the code, once for the measurement.
        Open(proxy, connections / 5).ForEach(static connection => connection.Dispose());
        var before = proxy.ResidentBytes();
        var open = Open(proxy, connections);
        var after = proxy.ResidentBytes();
        open.ForEach(static connection => connection.Dispose());
        return (after - before) / (double)connections;
    }

    private WrkResult Measure(string cell, Proxy proxy) => cell switch
    {
        "tls bulk" => Wrk.Run($"https://127.0.0.1:{proxy.Tls}/1mb", 8, seconds, close: false, configurations.OpenSsl()),
        "tls full handshakes" => Wrk.Run($"https://127.0.0.1:{proxy.Tls}/small", 16, seconds, close: true, configurations.OpenSsl()),
        _ => Resume(proxy.Tls),
    };

    // "1234 connections in 3 real seconds, 0 bytes read per connection"
    private WrkResult Resume(int port)
    {
        string[] arguments =
        [
            "s_time",
            "-connect",
            $"127.0.0.1:{port}",
            "-reuse",
            "-tls1_2",
            "-time",
            seconds.ToString(CultureInfo.InvariantCulture),
        ];
        using var client = Process.Start(
            new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var text = client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        var words = text.Split('\n').Last(static line => line.Contains(" real seconds", StringComparison.Ordinal)).Split(' ');
        var count = double.Parse(words[0], CultureInfo.InvariantCulture);
        return new WrkResult(count / double.Parse(words[3], CultureInfo.InvariantCulture), count, 0);
    }

    private static List<SslStream> Open(Proxy proxy, int connections) =>
        [
            .. Enumerable
                .Range(0, connections)
                .Select(_ =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Connect("127.0.0.1", proxy.Tls);
                    var stream = new SslStream(
                        new NetworkStream(socket, ownsSocket: true),
                        leaveInnerStreamOpen: false,
                        static (_, shown, _, _) => shown is not null);
                    stream.AuthenticateAsClient(Configurations.ServerName);
                    return stream;
                }),
        ];
}
