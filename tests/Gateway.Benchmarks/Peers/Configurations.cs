using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Benchmarks.Peers;

/// <summary>Each peer as its operators would tune it for speed, with the same work to do. Written into a directory of the run's own.</summary>
internal sealed class Configurations(string directory, string gateway, int cores)
{
    public const int EchoPort = 7000;
    public const int EchoAfterHeaderPort = 7001;
    public const int SinkPort = 7002;
    public const int HttpPort = 7003;
    public const int HttpAfterHeaderPort = 7004;
    public const int UpgradePort = 7005;

    /// <summary>The name in the certificate.</summary>
    public const string ServerName = "bench.example";

    private string? _certificate;
    private string? _openSsl;

    /// <summary>A PEM file with an EC certificate and its key, of this run.</summary>
    private string Certificate => _certificate ??= CreateCertificate();

    /// <summary>A configuration of OpenSSL in which clients take AES-128-GCM alone.</summary>
    public string OpenSsl() => _openSsl ??= Write("openssl.cnf", """
        openssl_conf = o
        [o]
        ssl_conf = s
        [s]
        system_default = d
        [d]
        Ciphersuites = TLS_AES_128_GCM_SHA256
        CipherString = ECDHE-ECDSA-AES128-GCM-SHA256

        """);

    public Proxy Direct() => new("direct", EchoPort, null);

    /// <summary>Our defaults; only the access log is off, as it is with the peers.</summary>
    /// <param name="name">The row's.</param>
    /// <param name="basePort">The first of its ports.</param>
    /// <param name="routes">Of the plain listener.</param>
    /// <param name="extra">Keys of TcpProxy.</param>
    /// <param name="withTls">Whether the build knows TLS.</param>
    /// <param name="withLimits">Every limit that there is, on the listeners "plain" and "header", so high that nobody is refused.</param>
    public Proxy Gateway(string name, int basePort, int routes = 1, string extra = "", bool withTls = true, bool withLimits = false)
    {
        var ofListener = !withLimits ? "" : """
            , "Access": { "Allow": [ "127.0.0.0/8", "203.0.113.0/24" ], "Deny": [ "192.0.2.0/24" ] },
              "Limits": { "MaxConnections": 100000, "PerClient": { "MaxConnections": 100000, "ConnectionsPerSecond": 1000000, "Burst": 1000000 } }
            """;
        var ofRoute = !withLimits ? "" : """
            , "Limits": { "MaxConnections": 100000, "BytesPerSecondToBackend": 1000000000000, "BytesPerSecondToClient": 1000000000000 }
            """;
        var ofCluster = !withLimits ? "" : """
            , "Queue": { "MaxLength": 1000 }
            """;
        var ofDestination = !withLimits ? "" : """
            , "MaxConnections": 100000
            """;
        var more = string.Concat(Enumerable.Range(0, routes - 1).Select(static i => string.Create(CultureInfo.InvariantCulture,
            $$"""
            "r{{i}}": { "Listener": "plain", "ClusterId": "echo", "Match": { "ClientCidrs": [ "10.{{i >> 8 & 255}}.{{i & 255}}.0/24" ] }, "SourceIp": { "Mode": "None" } },

            """)));
        // A build from before these keys takes none of them.
        var tlsListeners = !withTls ? "" : $$"""
            ,
            "tls": {
              "Address": "127.0.0.1:{{basePort + 4}}", "Protocol": "Tls",
              "Tls": { "Certificates": { "bench": { "Path": "{{Certificate}}" } }, "DefaultCertificate": "bench" }
            },
            "named": { "Address": "127.0.0.1:{{basePort + 5}}", "Protocol": "Tcp" }
            """;
        var tlsRoutes = !withTls ? "" : $$"""
            ,
            "tls": { "Listener": "tls", "ClusterId": "static", "SourceIp": { "Mode": "None" } },
            "named": { "Listener": "named", "ClusterId": "echo", "SourceIp": { "Mode": "None" }, "Match": { "ServerNames": [ "{{ServerName}}" ] } }
            """;
        var file = Write(name + ".json", $$"""
        {
          "Listeners": {
            "plain": { "Address": "127.0.0.1:{{basePort}}", "Protocol": "Tcp"{{ofListener}} },
            "header": {
              "Address": "127.0.0.1:{{basePort + 1}}", "Protocol": "Tcp", "ProxyProtocol": { "TrustedProxies": [ "127.0.0.0/8" ] }{{ofListener}}
            },
            "sink": { "Address": "127.0.0.1:{{basePort + 2}}", "Protocol": "Tcp" },
            "web": { "Address": "127.0.0.1:{{basePort + 3}}", "Protocol": "Http" }{{tlsListeners}}
          },
          "TcpProxy": {
            {{extra}}
            "Routes": {
              {{more}}
              "plain": { "Listener": "plain", "ClusterId": "echo", "SourceIp": { "Mode": "None" }{{ofRoute}} },
              "header": { "Listener": "header", "ClusterId": "echo-after-header", "SourceIp": { "Mode": "ProxyProtocol" }{{ofRoute}} },
              "sink": { "Listener": "sink", "ClusterId": "sink", "SourceIp": { "Mode": "None" } }{{tlsRoutes}}
            },
            "Clusters": {
              "echo": { "Destinations": { "0": { "Address": "127.0.0.1:{{EchoPort}}"{{ofDestination}} } }{{ofCluster}} },
              "echo-after-header": { "Destinations": { "0": { "Address": "127.0.0.1:{{EchoAfterHeaderPort}}"{{ofDestination}} } }{{ofCluster}} },
              "sink": { "Destinations": { "0": { "Address": "127.0.0.1:{{SinkPort}}" } } },
              "static": { "Destinations": { "0": { "Address": "127.0.0.1:{{HttpPort}}" } } }
            }
          },
          "ReverseProxy": {
            "Routes": {
              "all": { "ClusterId": "web", "Match": { "Path": "/{**all}" } },
              "header": { "ClusterId": "header", "Match": { "Path": "/header/{**all}" } },
              "ws": { "ClusterId": "ws", "Match": { "Path": "/ws" } }
            },
            "Clusters": {
              "web": { "Destinations": { "0": { "Address": "http://127.0.0.1:{{HttpPort}}" } } },
              "header": {
                "Metadata": { "SourceIp.Mode": "ProxyProtocol" },
                "Destinations": { "0": { "Address": "http://127.0.0.1:{{HttpAfterHeaderPort}}" } }
              },
              "ws": { "Destinations": { "0": { "Address": "http://127.0.0.1:{{UpgradePort}}" } } }
            }
          },
          "Admin": null,
          "Logging": { "LogLevel": { "Default": "Warning", "Gateway.Access": "None" } }
        }
        """);
        return new Proxy(name, basePort, new ProcessStartInfo(gateway, ["run", "--config", file]));
    }

    public Proxy Haproxy(string name, int basePort, bool splice)
    {
        var options = splice ? "option splice-request\n  option splice-response" : "";
        var tuning = splice ? "tune.pipesize 262144\n  tune.bufsize 65536" : "tune.bufsize 65536";
        var file = Write(name + ".cfg", $"""
        global
          nbthread {cores}
          maxconn 6000
          {tuning}
        defaults
          mode tcp
          timeout connect 5s
          timeout client 1h
          timeout server 1h
          {options}
        listen plain
          bind 127.0.0.1:{basePort} backlog 4096
          server s 127.0.0.1:{EchoPort}
        listen header
          bind 127.0.0.1:{basePort + 1} accept-proxy backlog 4096
          server s 127.0.0.1:{EchoAfterHeaderPort} send-proxy-v2
        listen sink
          bind 127.0.0.1:{basePort + 2}
          server s 127.0.0.1:{SinkPort}
        listen tls
          bind 127.0.0.1:{basePort + 4} ssl crt {Certificate} backlog 4096
          server s 127.0.0.1:{HttpPort}
        listen web
          mode http
          option forwardfor
          http-reuse always
          bind 127.0.0.1:{basePort + 3}
          acl ws path /ws
          acl header path_beg /header/
          use_backend web-socket if ws
          use_backend web-header if header
          server s 127.0.0.1:{HttpPort}
        backend web-socket
          mode http
          timeout tunnel 1h
          server s 127.0.0.1:{UpgradePort}
        backend web-header
          mode http
          option forwardfor
          server s 127.0.0.1:{HttpAfterHeaderPort} send-proxy-v2

        """);
        return new Proxy(name, basePort, new ProcessStartInfo("haproxy", ["-db", "-f", file]));
    }

    /// <summary>
    /// nginx re-emits version 1 only, and by default ends both sides at the first end of stream, which saves a system call and a wake-up per connection. With
    /// <paramref name="halfClose"/> it passes the half-close on, as HAProxy and the gateway do.
    /// </summary>
    public Proxy Nginx(string name, int basePort, string buffer, bool halfClose = false)
    {
        var listen = $"reuseport backlog=4096";
        var file = Write(name + ".conf", $$"""
        daemon off;
        worker_processes {{cores}};
        worker_rlimit_nofile 15000;
        pid "{{directory}}/{{name}}.pid";
        error_log /dev/null;
        load_module /usr/lib/nginx/modules/ngx_stream_module.so;
        events { worker_connections 12000; }
        stream {
          proxy_buffer_size {{buffer}};
          tcp_nodelay on;
          proxy_half_close {{(halfClose ? "on" : "off")}};
          server { listen 127.0.0.1:{{basePort}} {{listen}}; proxy_pass 127.0.0.1:{{EchoPort}}; }
          server { listen 127.0.0.1:{{basePort + 1}} proxy_protocol {{listen}}; proxy_pass 127.0.0.1:{{EchoAfterHeaderPort}}; proxy_protocol on; }
          server { listen 127.0.0.1:{{basePort + 2}} {{listen}}; proxy_pass 127.0.0.1:{{SinkPort}}; }
          server {
            listen 127.0.0.1:{{basePort + 4}} ssl {{listen}}; proxy_pass 127.0.0.1:{{HttpPort}};
            ssl_certificate {{Certificate}}; ssl_certificate_key {{Certificate}}; ssl_protocols TLSv1.2 TLSv1.3;
            ssl_session_cache shared:tls:10m;
          }
        }
        http {
          access_log off;
          keepalive_requests 100000000;
          upstream web { server 127.0.0.1:{{HttpPort}}; keepalive 128; keepalive_requests 100000000; }
          server {
            listen 127.0.0.1:{{basePort + 3}} {{listen}};
            location /ws {
              proxy_pass http://127.0.0.1:{{UpgradePort}}; proxy_http_version 1.1; proxy_set_header Host $host;
              proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
            }
            location / {
              proxy_pass http://web; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Real-IP $remote_addr;
            }
          }
        }

        """);
        return new Proxy(name, basePort, new ProcessStartInfo("nginx", ["-e", "/dev/null", "-c", file]));
    }

    /// <summary>YARP in a host with ASP.NET Core's defaults and nothing of ours (PlainYarp.cs), started as a process of its own.</summary>
    public static Proxy PlainYarp(int basePort)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["plain-yarp", (basePort + 3).ToString(CultureInfo.InvariantCulture)]);
        // The default of a web project, which this one is not.
        start.Environment["DOTNET_gcServer"] = "1";
        return new Proxy("plain YARP", basePort, start);
    }

    /// <summary>The web server behind all HTTP proxies: small and 1 MB files.</summary>
    public Proxy StaticServer()
    {
        var root = Directory.CreateDirectory(Path.Combine(directory, "www")).FullName;
        File.WriteAllBytes(Path.Combine(root, "small"), new byte[64]);
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(root, "header")).FullName, "small"), new byte[64]);
        File.WriteAllBytes(Path.Combine(root, "1mb"), new byte[1024 * 1024]);
        // Without "user", workers started by root run as somebody who may not read a temporary directory.
        var file = Write("static.conf", $$"""
        daemon off;
        {{(Environment.UserName == "root" ? "user root;" : "")}}
        worker_processes 1;
        pid {{directory}}/static.pid;
        error_log /dev/null;
        events { worker_connections 8000; }
        http {
          access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10;
          server { listen 127.0.0.1:{{HttpPort}} backlog=4096; root {{root}}; }
          server { listen 127.0.0.1:{{HttpAfterHeaderPort}} proxy_protocol backlog=4096; root {{root}}; }
        }

        """);
        return new Proxy("static", HttpPort - 3, new ProcessStartInfo("nginx", ["-e", "/dev/null", "-c", file]));
    }

    private string CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={ServerName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ServerName);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return Write("bench.pem", $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(directory, name.Replace(' ', '-'));
        File.WriteAllText(path, text);
        return path;
    }
}
