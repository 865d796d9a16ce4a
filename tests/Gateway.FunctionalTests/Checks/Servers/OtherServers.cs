using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks.Servers;

/// <summary>Mail, databases, names, chat, directories. As <see cref="WebServers"/>; a third port reads headers of others only.</summary>
internal static class OtherServers
{
    public static IReadOnlyList<ServerRecipe> All { get; } =
    [
        new("postfix", "master", 3, PostfixAsync),
        Dovecot("dovecot", "127.0.0.1"),
        Dovecot("dovecot-untrusting", "192.0.2.1"),
        Exim("exim", "hosts_proxy = 127.0.0.1"),
        Exim("exim-plain", ""),
        MariaDb("mariadb", "127.0.0.1"),
        MariaDb("mariadb-untrusting", "192.0.2.1"),
        ServerRecipe.Of("redis", "redis-server", 1, folder => ["--port", $"{folder.Ports[0]}", "--bind", "127.0.0.1", "--save", "", "--dir", folder.Path]),
        Recursor("recursor", "127.0.0.1/32"),
        Recursor("recursor-untrusting", "192.0.2.1/32"),
        Dnsdist("dnsdist", "127.0.0.1/32"),
        Dnsdist("dnsdist-untrusting", "192.0.2.1/32"),
        ServerRecipe.Of("unbound", "unbound", 1, folder => ["-d", "-c", folder.Write("u.conf", $"""
            server:
              interface: 127.0.0.1@{folder.Ports[0]}
              proxy-protocol-port: {folder.Ports[0]}
              chroot: ""
              username: ""
              directory: "{folder.Path}"
              pidfile: ""
              use-syslog: no
            remote-control:
              control-enable: no

            """)]),
        ServerRecipe.Of("inspircd", "inspircd", 2, folder => ["--nofork", "--config", folder.Write("i.conf", $"""
            <server name="irc.example.test" description="x" network="x" id="97K">
            <admin name="a" nick="a" email="a@example.test">
            <module name="haproxy">
            <bind address="127.0.0.1" port="{folder.Ports[0]}" type="clients" hook="haproxy">
            <bind address="127.0.0.1" port="{folder.Ports[1]}" type="clients">
            <connect allow="*" timeout="20" resolvehostnames="no">
            <power diepass="x" restartpass="x">
            <options>
            <path configdir="{folder.Path}" datadir="{folder.Path}" logdir="{folder.Path}" moduledir="/usr/lib/inspircd/modules" runtimedir="{folder.Path}">
            <log method="file" type="*" level="default" target="{folder.Path}/log">
            <pid file="{folder.Path}/pid">

            """)]) with { User = "irc" },
        ServerRecipe.Of("slapd", "slapd", 2, folder =>
        [
            "-f", folder.Write("s.conf", $"include /etc/ldap/schema/core.schema\npidfile {folder.Path}/pid\nargsfile {folder.Path}/args\n"),
            "-h", $"pldap://127.0.0.1:{folder.Ports[0]}/ ldap://127.0.0.1:{folder.Ports[1]}/", "-d", "0",
        ]),
    ];

    /// <summary>MariaDB with nothing in it: who connects does not get as far as a login.</summary>
    public static ServerRecipe MariaDb(string name, string trusted, string address = "127.0.0.1", params string[] options) => ServerRecipe.Of(name, "mariadbd", 1, folder =>
    {
        folder.Folder("data/mysql");
        return
        [
            "--no-defaults", $"--datadir={folder.Path}/data", $"--socket={folder.Path}/s", $"--port={folder.Ports[0]}", $"--bind-address={address}", "--user=root",
            "--skip-grant-tables", "--skip-networking=0", $"--aria-log-dir-path={folder.Path}/data", $"--proxy-protocol-networks={trusted}",
            "--skip-innodb", "--default-storage-engine=MyISAM", "--default-tmp-storage-engine=MyISAM", .. options,
        ];
    });

    /// <summary>MariaDB with an account of clients: a login of nobody's is refused.</summary>
    public static ServerRecipe MariaDbWithAccounts(string trusted, string address, params string[] options) => new(
        "mariadb", "mariadbd", 1, async folder =>
    {
        var data = folder.Folder("data");
        (await ProcessRunner.RunAsync(
            [DebianPeer.Require("mariadb-install-db"), "--no-defaults", $"--datadir={data}", "--user=root", "--skip-test-db"]))
            .RequireSuccess();
        return
        [
            "--no-defaults", $"--datadir={data}", $"--socket={folder.Path}/s", $"--port={folder.Ports[0]}",
            $"--bind-address={address}", "--user=root", "--skip-networking=0", $"--proxy-protocol-networks={trusted}",
            $"--init-file={folder.Write("init.sql", "CREATE USER app@'%' IDENTIFIED BY 'x';\n")}",
            .. options,
        ];
    });

    private static async Task<IReadOnlyList<string>> PostfixAsync(ServerFolder folder)
    {
        var (settings, spool, data) = (folder.Folder("etc"), folder.Folder("spool"), folder.Folder("data"));
        (await ProcessRunner.RunAsync(["chown", "postfix", data])).RequireSuccess();
        (await ProcessRunner.RunAsync(["chmod", "755", settings, spool, data])).RequireSuccess();
        folder.Write("etc/main.cf", $"""
            compatibility_level = 3.6
            queue_directory = {spool}
            data_directory = {data}
            maillog_file = {folder.Path}/log
            maillog_file_prefixes = {folder.Path}
            myhostname = mail.example.test
            inet_interfaces = 127.0.0.1
            smtpd_peername_lookup = no
            mydestination =
            local_recipient_maps =
            alias_maps =

            """);
        folder.Write("etc/master.cf", $"""
            127.0.0.1:{folder.Ports[0]} inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy
            127.0.0.1:{folder.Ports[1]} inet n - n - - smtpd
            127.0.0.1:{folder.Ports[2]} inet n - n - 1 postscreen -o postscreen_upstream_proxy_protocol=haproxy
            smtpd pass - - n - - smtpd
            dnsblog unix - - n - 0 dnsblog
            tlsproxy unix - - n - 0 tlsproxy
            anvil unix - - n - 1 anvil
            cleanup unix n - n - 0 cleanup
            rewrite unix - - n - - trivial-rewrite
            tlsmgr unix - - n 1000? 1 tlsmgr
            proxymap unix - - n - - proxymap
            postlog unix-dgram n - n - 1 postlogd

            """);
        (await ProcessRunner.RunAsync([DebianPeer.Require("postfix"), "-c", settings, "check"])).RequireSuccess();
        return ["-c", settings, "-d"];
    }

    private static ServerRecipe Dovecot(string name, string trusted) => ServerRecipe.Of(name, "dovecot", 2, folder => ["-F", "-c", folder.Write("d.conf", $$"""
        base_dir = {{folder.Path}}/run
        state_dir = {{folder.Path}}/state
        log_path = {{folder.Path}}/log
        protocols = imap
        ssl = no
        haproxy_trusted_networks = {{trusted}}
        service imap-login {
          inet_listener imap {
            address = 127.0.0.1
            port = {{folder.Ports[1]}}
          }
          inet_listener imaps {
            port = 0
          }
          inet_listener imap_haproxy {
            address = 127.0.0.1
            port = {{folder.Ports[0]}}
            haproxy = yes
          }
        }
        passdb {
          driver = static
          args = nopassword=y
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home={{folder.Path}}/home
        }

        """)]);

    private static ServerRecipe Exim(string name, string setting) => ServerRecipe.Of(name, "exim4", 1, folder =>
    {
        folder.Folder("spool");
        return ["-bdf", "-C", folder.Write("e.conf", $"""
            primary_hostname = mail.example.test
            spool_directory = {folder.Path}/spool
            log_file_path = {folder.Path}/%slog
            pid_file_path = {folder.Path}/pid
            daemon_smtp_ports = {folder.Ports[0]}
            local_interfaces = 127.0.0.1
            exim_user = nobody
            exim_group = nogroup
            notifier_socket =
            keep_environment =
            tls_advertise_hosts =
            {setting}
            begin acl
            begin routers
            begin transports

            """)];
    });

    private static ServerRecipe Recursor(string name, string trusted) => ServerRecipe.Of(name, "pdns_recursor", 1, folder =>
    {
        folder.Write("recursor.conf", "");
        return
        [
            $"--config-dir={folder.Path}", $"--socket-dir={folder.Path}", "--local-address=127.0.0.1", $"--local-port={folder.Ports[0]}", $"--proxy-protocol-from={trusted}",
            "--daemon=no", "--write-pid=no", "--hint-file=no", "--threads=1",
        ];
    });

    private static ServerRecipe Dnsdist(string name, string trusted) => ServerRecipe.Of(name, "dnsdist", 1, folder =>
    [
        "--supervised", "--disable-syslog", "-C",
        folder.Write("d.lua", $"setLocal(\"127.0.0.1:{folder.Ports[0]}\")\nsetProxyProtocolACL({{\"{trusted}\"}})\nnewServer({{address=\"127.0.0.1:9\", healthCheckMode=\"up\"}})\n"),
    ]);
}
