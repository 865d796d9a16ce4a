using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks.Servers;

/// <summary>Web servers and proxies. The first port of each reads the PROXY protocol, the second does not.</summary>
internal static class WebServers
{
    public static IReadOnlyList<ServerRecipe> All { get; } =
    [
        ServerRecipe.Of("nginx", "nginx", 3, folder => ["-p", folder.Path, "-e", "stderr", "-c", folder.Write("n.conf", $$"""
            daemon off; master_process off; pid {{folder.Path}}/pid; error_log stderr;
            {{(File.Exists(StreamModule) ? $"load_module {StreamModule};" : "")}}
            events { }
            http {
                access_log off;
                client_body_temp_path {{folder.Path}}/b; proxy_temp_path {{folder.Path}}/p; fastcgi_temp_path {{folder.Path}}/f;
                uwsgi_temp_path {{folder.Path}}/u; scgi_temp_path {{folder.Path}}/s;
                server { listen 127.0.0.1:{{folder.Ports[0]}} proxy_protocol; return 200 x; }
                server { listen 127.0.0.1:{{folder.Ports[1]}}; return 200 x; }
            }
            stream { server { listen 127.0.0.1:{{folder.Ports[2]}} proxy_protocol; proxy_pass 127.0.0.1:{{folder.Ports[1]}}; } }
            """)]) with { Also = (StreamModule, "libnginx-mod-stream") },
        ServerRecipe.Of("haproxy", "haproxy", 2, folder => ["-db", "-f", folder.Write("h.cfg", $"""
            defaults
                mode http
                timeout connect 5s
                timeout client 30s
                timeout server 30s
            frontend x
                bind 127.0.0.1:{folder.Ports[0]} accept-proxy
                bind 127.0.0.1:{folder.Ports[1]}

            """)]),
        ServerRecipe.Of("apache", "apache2", 2, folder => ["-X", "-f", folder.Write("a.conf", $"""
            ServerRoot {folder.Path}
            PidFile {folder.Path}/pid
            {string.Join('\n', new[] { "mpm_event", "remoteip", "authz_core" }.Select(name => $"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"))}
            ServerName x
            ErrorLog {folder.Path}/error.log
            DocumentRoot {folder.Path}
            Listen 127.0.0.1:{folder.Ports[0]}
            Listen 127.0.0.1:{folder.Ports[1]}
            <VirtualHost *:{folder.Ports[0]}>
            RemoteIPProxyProtocol On
            </VirtualHost>
            <VirtualHost *:{folder.Ports[1]}>
            </VirtualHost>
            """)]),
        ServerRecipe.Of("varnish", "varnishd", 2, folder =>
        [
            "-F", "-f", folder.Write("v.vcl", "vcl 4.1;\nbackend default none;\n"), "-a", $"127.0.0.1:{folder.Ports[0]},PROXY", "-a", $"127.0.0.1:{folder.Ports[1]}",
            "-n", Path.Combine(folder.Path, "n"), "-j", "none", "-s", "malloc,1m",
        ]),
        ServerRecipe.Of("lighttpd", "lighttpd", 1, folder => ["-D", "-f", folder.Write("l.conf", $"""
            server.modules = ("mod_extforward")
            server.document-root = "{folder.Path}"
            server.bind = "127.0.0.1"
            server.port = {folder.Ports[0]}
            server.errorlog = "{folder.Path}/error.log"
            extforward.hap-PROXY = "enable"
            extforward.forwarder = ("127.0.0.1" => "trust")

            """)]),
        ServerRecipe.Of("lighttpd-plain", "lighttpd", 1, folder => ["-D", "-f", folder.Write("l.conf", $"""
            server.document-root = "{folder.Path}"
            server.bind = "127.0.0.1"
            server.port = {folder.Ports[0]}
            server.errorlog = "{folder.Path}/error.log"

            """)]),
        ServerRecipe.Of("squid", "squid", 3, folder => ["-N", "-f", folder.Write("s.conf", $"""
            http_port 127.0.0.1:{folder.Ports[0]} require-proxy-header
            http_port 127.0.0.1:{folder.Ports[1]}
            http_port 127.0.0.1:{folder.Ports[2]} require-proxy-header
            acl untrusted localport {folder.Ports[2]}
            proxy_protocol_access deny untrusted
            proxy_protocol_access allow all
            http_access deny all
            cache_effective_user proxy
            pid_filename none
            cache_log {folder.Path}/cache.log
            access_log none
            cache_mem 1 MB
            shutdown_lifetime 0 seconds
            pinger_enable off
            visible_hostname x

            """)]),
        new("hitch", "hitch", 1, async folder =>
        {
            var (key, certificate) = (Path.Combine(folder.Path, "k.pem"), Path.Combine(folder.Path, "c.pem"));
            (await ProcessRunner.RunAsync(
                [DebianPeer.Require("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=x", "-days", "2"])).RequireSuccess();
            var both = folder.Write("both.pem", await File.ReadAllTextAsync(key) + await File.ReadAllTextAsync(certificate));
            return [$"--frontend=[127.0.0.1]:{folder.Ports[0]}", "--backend=[127.0.0.1]:9", "--proxy-proxy", "--workers=1", "-u", "nobody", both];
        }),
        ServerRecipe.Of("traffic-server", "traffic_server", 2, folder =>
        {
            var (settings, logs, state, cache) = (folder.Folder("etc"), folder.Folder("log"), folder.Folder("run"), folder.Folder("cache"));
            folder.Write("etc/records.config", $"""
                CONFIG proxy.config.http.server_ports STRING {folder.Ports[0]}:ip-in=[127.0.0.1]:pp {folder.Ports[1]}:ip-in=[127.0.0.1]
                CONFIG proxy.config.http.cache.http INT 0
                CONFIG proxy.config.admin.user_id STRING trafficserver

                """);
            folder.Write("etc/storage.config", $"{cache} 16M\n");
            folder.Write("etc/remap.config", "");
            File.Copy("/etc/trafficserver/ip_allow.yaml", Path.Combine(settings, "ip_allow.yaml"));
            return ["--run-root=" + folder.Write("runroot.yaml", $"""
                prefix: {folder.Path}
                exec_prefix: {folder.Path}
                bindir: /usr/bin
                sbindir: /usr/sbin
                sysconfdir: {settings}
                datadir: {cache}
                includedir: {folder.Path}
                libdir: /usr/lib/trafficserver
                libexecdir: /usr/lib/trafficserver/modules
                localstatedir: {state}
                runtimedir: {state}
                logdir: {logs}
                cachedir: {cache}

                """)];
        }),
        Gunicorn("gunicorn", "--proxy-protocol"),
        Gunicorn("gunicorn-plain"),
        ServerRecipe.Of("h2o", "h2o", 2, folder => ["-c", folder.Write("h.yaml", $$"""
            hosts:
              "a":
                listen: { host: 127.0.0.1, port: {{folder.Ports[0]}}, proxy-protocol: ON }
                paths: { "/": { file.dir: {{folder.Path}} } }
              "b":
                listen: { host: 127.0.0.1, port: {{folder.Ports[1]}} }
                paths: { "/": { file.dir: {{folder.Path}} } }

            """)]),
    ];

    private static string StreamModule => "/usr/lib/nginx/modules/ngx_stream_module.so";

    // Its default is one worker that takes one connection after the other: the questions of several routes would wait for each other.
    private static ServerRecipe Gunicorn(string name, params string[] options) => ServerRecipe.Of(name, "gunicorn", 1, folder =>
    {
        folder.Write("app.py", "def app(environ, start):\n    start('200 OK', [])\n    return [b'x']\n");
        return ["-b", $"127.0.0.1:{folder.Ports[0]}", "--chdir", folder.Path, "--worker-class", "gthread", "--threads", "8", .. options, "app:app"];
    });
}
