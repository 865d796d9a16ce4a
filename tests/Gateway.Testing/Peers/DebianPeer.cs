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
        ["nc"] = "netcat-openbsd",
        ["node"] = "nodejs",
        ["kubectl"] = "kubernetes-client",
    };

    private static readonly string[] Folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

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
            Assert.Skip($"{program} is not installed (Debian package {Packages.GetValueOrDefault(program, program)}).");
        }

        return path;
    }
}
