using Xunit;

namespace Gateway.Testing.Peers;

/// <summary>Programs that come from Debian packages: found by path, or the test is skipped with the reason.</summary>
public static class DebianPeer
{
    private static readonly Dictionary<string, string> Packages = new()
    {
        ["haproxy"] = "haproxy",
        ["nginx"] = "nginx",
        ["varnishd"] = "varnish",
        ["redis-server"] = "redis-server",
        ["redis-cli"] = "redis-tools",
        ["psql"] = "postgresql-client",
        ["initdb"] = "postgresql",
        ["nft"] = "nftables",
        ["iptables"] = "iptables",
        ["ss"] = "iproute2",
        ["ip"] = "iproute2",
        ["nsenter"] = "util-linux",
        ["setpriv"] = "util-linux",
        ["prlimit"] = "util-linux",
        ["unshare"] = "util-linux",
        ["curl"] = "curl",
        ["openssl"] = "openssl",
        ["gnutls-cli"] = "gnutls-bin",
        ["nc"] = "netcat-openbsd",
        ["node"] = "nodejs",
        ["kubectl"] = "kubernetes-client",
        ["prometheus"] = "prometheus",
        ["promtool"] = "prometheus",
        ["apache2"] = "apache2-bin",
        ["traffic_server"] = "trafficserver",
        ["master"] = "postfix",
        ["dovecot"] = "dovecot-imapd",
        ["exim4"] = "exim4-daemon-heavy",
        ["mariadbd"] = "mariadb-server-core",
        ["my_print_defaults"] = "mariadb-client-core",
        ["pdns_recursor"] = "pdns-recursor",
        ["pdns_server"] = "pdns-server",
        ["systemd-analyze"] = "systemd",
        ["turnserver"] = "coturn",
        ["uwsgi-core"] = "uwsgi-core",
    };

    private static readonly string[] Folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/postfix/sbin"];

    /// <summary>The path of a program, or null.</summary>
    public static string? Find(string program)
    {
        IEnumerable<string> folders = Folders;
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            folders = folders.Concat(Directory.GetDirectories("/usr/lib/postgresql").Order().Reverse().Select(d => Path.Combine(d, "bin")));
        }

        return folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);
    }

    /// <summary>The path of a program; skips the test if it is not installed.</summary>
    public static string Require(string program)
    {
        var path = Find(program);
        if (path is null)
        {
            Assert.Skip(WhyMissing(program));
        }

        return path;
    }

    /// <summary>That a program is not there, and which package brings it.</summary>
    public static string WhyMissing(string program) => $"{program} is not installed (Debian package {Packages.GetValueOrDefault(program, program)}).";
}
