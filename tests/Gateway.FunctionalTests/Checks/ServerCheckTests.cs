using Gateway.FunctionalTests.Checks.Servers;

namespace Gateway.FunctionalTests.Checks;

/// <summary>What the self-test says of real servers, with and without the PROXY protocol, in each version; docs/backends.md has what is behind it.</summary>
public sealed class ServerCheckTests(CheckedServers servers) : IClassFixture<CheckedServers>
{
    private const string Takes = "ok takes a PROXY";
    private const string Refuses = "fail does not understand a PROXY";
    private const string Wants = "fail expects a PROXY header, and gets none";
    private const string Plain = "ok does not ask for a PROXY header";
    private const string Silent = "skip may have understood a PROXY";
    private const string Mode = "\"Mode\": \"ProxyProtocol\", \"Version\": \"V2\"";

    [Theory]
    [InlineData("nginx", 0, Takes, Takes, Wants, Mode)]
    [InlineData("nginx", 1, Refuses, Refuses, Plain, "listen … proxy_protocol, and set_real_ip_from")]
    [InlineData("nginx", 2, Takes, Takes, Wants, Mode)]
    [InlineData("haproxy", 0, Takes, Takes, Wants, Mode)]
    [InlineData("haproxy", 1, Refuses, Refuses, Plain, "accept-proxy")]
    [InlineData("apache", 0, Takes, Takes, Wants, Mode)]
    [InlineData("apache", 1, Refuses, Refuses, Plain, "RemoteIPProxyProtocol On")]
    [InlineData("varnish", 0, Takes, Takes, Wants, Mode)]
    [InlineData("varnish", 1, Refuses, Refuses, Plain, "-a ADDRESS,PROXY")]
    [InlineData("lighttpd", 0, Takes, Takes, Wants, Mode)]
    [InlineData("lighttpd-plain", 0, Refuses, Refuses, Plain, "extforward.hap-PROXY")]
    [InlineData("squid", 0, Takes, Takes, Wants, Mode)]
    [InlineData("squid", 1, Refuses, Refuses, Plain, "require-proxy-header")]
    [InlineData("squid", 2, Refuses, Refuses, "warn closes before anything was sent", "proxy_protocol_access")]
    [InlineData("hitch", 0, Takes, Takes, Wants, Mode)]
    [InlineData("traffic-server", 0, Takes, Takes, Wants, Mode)]
    [InlineData("traffic-server", 1, Refuses, Refuses, Plain, ":pp")]
    [InlineData("gunicorn", 0, Takes, Refuses, Plain, "\"Version\": \"V1\"")]
    [InlineData("gunicorn-plain", 0, Refuses, Refuses, Plain, "--proxy-protocol")]
    [InlineData("h2o", 0, Takes, Refuses, Plain, "\"Version\": \"V1\"")]
    [InlineData("h2o", 1, Refuses, Refuses, Plain, "docs/backends.md")]
    [InlineData("postfix", 0, Takes, Takes, Wants, Mode)]
    [InlineData("postfix", 1, Refuses, Refuses, Plain, "smtpd_upstream_proxy_protocol = haproxy")]
    [InlineData("postfix", 2, Takes, Takes, Wants, Mode)]
    [InlineData("dovecot", 0, Takes, Takes, Wants, Mode)]
    [InlineData("dovecot", 1, Refuses, Refuses, Plain, "haproxy = yes")]
    [InlineData("dovecot-untrusting", 0, Refuses, Refuses, "warn closes before anything was sent", "haproxy_trusted_networks")]
    [InlineData("exim", 0, Takes, Takes, Wants, Mode)]
    [InlineData("exim-plain", 0, Refuses, Refuses, Plain, "hosts_proxy")]
    [InlineData("mariadb", 0, Takes, Takes, Plain, "")]
    [InlineData("mariadb-untrusting", 0, Refuses, Refuses, Plain, "proxy-protocol-networks")]
    [InlineData("redis", 0, Refuses, Refuses, Plain, "Transparent: such a server reads no PROXY header")]
    [InlineData("recursor", 0, Refuses, Takes, Wants, "\"Version\": \"V2\"")]
    [InlineData("recursor-untrusting", 0, Silent, Silent, Plain, "proxy-protocol-from")]
    [InlineData("dnsdist", 0, Refuses, Takes, Wants, "\"Version\": \"V2\"")]
    [InlineData("dnsdist-untrusting", 0, Silent, Silent, Plain, "setProxyProtocolACL")]
    [InlineData("unbound", 0, Refuses, Takes, Wants, "\"Version\": \"V2\"")]
    [InlineData("inspircd", 0, Refuses, Takes, Wants, "\"Version\": \"V2\"")]
    [InlineData("inspircd", 1, Silent, Refuses, Plain, "")]
    [InlineData("slapd", 0, Refuses, Takes, Wants, "\"Version\": \"V2\"")]
    [InlineData("slapd", 1, Silent, Refuses, Plain, "")]
    public void Server_AskedWithEachVersionAndNone_IsToldApart(string name, int port, string v1, string v2, string none, string cure)
    {
        foreach (var (version, expected) in CheckedServers.Versions.Zip([v1, v2, none]))
        {
            var finding = servers.Of(name, port, version);
            var said = expected.Split(' ', 2);
            Assert.True(finding.Severity == said[0] && finding.What.Contains(said[1], StringComparison.Ordinal), $"{version}: {finding}");
            Assert.Equal(finding.Severity == "ok", finding.Cure.Length == 0);
            Assert.True(finding.Severity == "ok" || finding.Cure.Contains(cure, StringComparison.Ordinal), $"{version}: {finding}");
        }
    }

    [Theory]
    [InlineData("mariadb-untrusting", "V2", "\"1130 Proxy header is not accepted from 127.0.0.1\"")]
    [InlineData("redis", "V2", "\"-ERR unknown command")]
    [InlineData("postfix", "V2", "\"220 mail.example.test ESMTP Postfix\"")]
    [InlineData("mariadb", "V2", "(asked with 1 connection, reset)")]
    [InlineData("haproxy", "V2", "(asked with 2 connections, reset)")]
    public void Finding_HasTheLastWordsAndTheCost(string name, string version, string what) => Assert.Contains(what, servers.Of(name, 0, version).What, StringComparison.Ordinal);

    // What each takes: 1024 is nginx before 1.23, which takes 4096.
    [Theory]
    [InlineData("haproxy", 4000)]
    [InlineData("squid", 4000)]
    [InlineData("unbound", 4000)]
    [InlineData("apache", 232)]
    [InlineData("lighttpd", 256)]
    [InlineData("varnish", 320)]
    [InlineData("traffic-server", 109)]
    [InlineData("postfix", 536)]
    [InlineData("dovecot", 1500)]
    [InlineData("mariadb", 256)]
    [InlineData("recursor", 512)]
    [InlineData("dnsdist", 512)]
    [InlineData("exim", 232)]
    public void Server_AskedWithALongHeader_IsKnownByTheLongestThatItTakes(string name, int longest)
    {
        var finding = servers.OfLong(name);

        if (longest == 4000)
        {
            Assert.Equal("ok", finding.Severity);
            return;
        }

        Assert.Equal("warn", finding.Severity);
        Assert.Contains($"takes a PROXY v2 header of {longest} bytes, but not one of 4000", finding.What, StringComparison.Ordinal);
        Assert.Contains($"SourceIp: {{ \"MaxHeaderBytes\": {longest} }}", finding.Cure, StringComparison.Ordinal);
    }
}
