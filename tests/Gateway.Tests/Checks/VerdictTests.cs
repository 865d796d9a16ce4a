using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Checks;
using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Snapshots;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Tests.Checks;

/// <summary>The verdicts that depend on a host's state, both ways, without that state.</summary>
public sealed class VerdictTests
{
    [Theory]
    [InlineData(null, 0, 32768, "Ok")]
    [InlineData(32768, 0, 32768, "Ok")]
    [InlineData(32769, 0, 32768, "Warn", "66562")]
    [InlineData(null, 0, 256, "Warn", "raise the descriptor limit")]
    [InlineData(null, 32768, 32768, "Ok Ok")]
    [InlineData(null, 40_000, 32768, "Ok Warn", "81024")]
    [InlineData(22_768, 20_000, 32768, "Ok Ok")]
    [InlineData(22_769, 20_000, 32768, "Ok Warn", "66562")]
    [InlineData(32769, 10_000, 32768, "Warn Warn", "76562")]
    [InlineData(null, -40_000, 32768, "Ok Ok")]
    [InlineData(32769, -10_000, 32768, "Warn Ok", "66562")]
    public void Descriptors_AgainstTheLimit_AreJudged(int? wanted, long own, int possible, string expected, string? cure = null)
    {
        var findings = new CheckFindings("descriptors");

        // Below zero: by default.
        DescriptorCheck.Judge(wanted, Math.Abs(own), own > 0, possible, 66560, long.MaxValue, findings);

        Assert.Equal(expected, string.Join(' ', findings.Results.Select(result => result.Severity)));
        Assert.All(findings.Results, result => Assert.True(result.Severity == CheckSeverity.Ok || result.Cure!.Contains(cure!, StringComparison.Ordinal), result.Cure));
    }

    [Theory]
    [InlineData(null, 1024, "Ok", "6144 connections at once (1024 MiB of memory for the process)")]
    [InlineData(6144, 1024, "Ok", "6144 connections at once (the descriptor limit 1048576)")]
    [InlineData(6145, 1024, "Warn", "has room for 6144 that stall")]
    [InlineData(null, 96, "Warn", "only 204 connections at once (96 MiB of memory for the process)")]
    public void Connections_AgainstTheMemory_AreJudged(int? wanted, int mebibytes, string severity, string text)
    {
        var findings = new CheckFindings("descriptors");

        DescriptorCheck.Judge(wanted, 0, false, 523_776, 1_048_576, mebibytes * 1024L * 1024, findings);

        var result = Assert.Single(findings.Results);
        Assert.Equal(severity, result.Severity.ToString());
        Assert.Contains(text, result.What, StringComparison.Ordinal);
        Assert.Equal(severity == "Warn", result.Cure?.Contains("memory", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(null, 20_000, false)]
    [InlineData("70", 70, true)]
    public void Descriptors_OfClustersThatKeepClientsApart_AreWhatIsWrittenElseTheDefaults(string? written, long own, bool isWanted)
    {
        (string, string)[] second = written is null ? [("SourceIp.Mode", "Transparent")] : [("SourceIp.Mode", "Transparent"), ("SourceIp.MaxClients", written)];
        ClusterConfig Cluster(string id, params (string Key, string Value)[] metadata) => new() { ClusterId = id, Metadata = metadata.ToDictionary(pair => pair.Key, pair => pair.Value) };

        Assert.Equal((own, isWanted), DescriptorCheck.OwnConnections(new GatewayConfig
        {
            ReverseProxy = new ReverseProxyConfig
            {
                Clusters =
                [
                    Cluster("default", ("SourceIp.Mode", "ProxyProtocol")), Cluster("second", second),
                    Cluster("off", ("SourceIp.Mode", "None")), Cluster("plain"),
                ],
            },
        }));
    }

    [Theory]
    [InlineData("Uid:\t1654\t1654\t1654\t1654\nCapEff:\t0000000000000000\nCapBnd:\t0000000000002000\nNoNewPrivs:\t1\n", true)]
    [InlineData("Uid:\t0\t0\t0\t0\nCapEff:\t0000000000002000\nCapBnd:\t0000000000002000\nNoNewPrivs:\t1\n", false)]
    [InlineData("Uid:\t1654\t1654\t1654\t1654\nCapEff:\t0000000000002000\nCapBnd:\t0000000000002000\nNoNewPrivs:\t0\n", false)]
    [InlineData("Uid:\t1654\t1654\t1654\t1654\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t0\n", false)]
    public void Container_NetRawForRootOnly_IsNamed(string status, bool isTrap)
    {
        var findings = new CheckFindings("container");

        ContainerCheck.Judge(status, "x", findings);

        Assert.Equal(isTrap, findings.Results.Any(result => result.Severity == CheckSeverity.Warn && result.Cure!.Contains("runAsUser: 0", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Transparent", "ReverseProxy:Clusters:c:Metadata:SourceIp.Mode")]
    [InlineData("ProxyProtocol", null)]
    public void Container_TransparentHttpCluster_WantsNetRaw(string mode, string? expected)
    {
        var context = new CheckContext(Snapshot($$"""
            "Listeners": { "in": { "Address": "*:9000", "Protocol": "Http" } },
            "ReverseProxy": {
              "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "{**any}" } } },
              "Clusters": { "c": { "Metadata": { "SourceIp.Mode": "{{mode}}" }, "Destinations": { "d": { "Address": "http://192.0.2.200/" } } } }
            }
            """));

        Assert.Equal(expected, ContainerCheck.WhoWantsNetRaw(context));
    }

    [Theory]
    [InlineData("2\n", "Warn")]
    [InlineData("1\n", "Ok")]
    public void Kernel_SynCookiesAlways_HideOptions(string setting, string expected)
    {
        var findings = new CheckFindings("kernel");

        KernelCheck.Judge("Listeners:x:Toa", setting, findings);

        Assert.Equal(expected, Assert.Single(findings.Results).Severity.ToString());
    }

    [Theory]
    [InlineData("74\n", "100\n", "Ok")]
    [InlineData("75\n", "100\n", "Warn")]
    [InlineData("75\n", "0\n", "Ok")]
    public void Conntrack_NearlyFull_IsNamedWithTheCure(string count, string max, string expected)
    {
        var findings = new CheckFindings("conntrack");

        ConntrackCheck.Judge("x", count, max, findings);

        var result = Assert.Single(findings.Results);
        Assert.Equal(expected, result.Severity.ToString());
        Assert.Equal(expected == "Warn", result.Cure?.Contains("net.netfilter.nf_conntrack_max=200", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("ttm_toa 16384 0 - Live 0x0000000000000000 (OE)\n", "in", "Warn")]
    [InlineData("nf_tables 1 0 - Live 0x0\ntoa 16384 0 - Live 0x0\n", "", "Ok")]
    [InlineData("toad 16384 0 - Live 0x0\n", "in", "")]
    public void ToaModule_Loaded_LeavesNothingToConfigure(string modules, string listener, string expected)
    {
        var findings = new CheckFindings("toa-module");

        ToaModuleCheck.Judge(modules, listener.Length == 0 ? [] : [listener], findings);

        Assert.Equal(expected, findings.Results.SingleOrDefault()?.Severity.ToString() ?? "");
    }

    [Theory]
    [InlineData(true, "Ok")]
    [InlineData(false, "Fail")]
    public void DnatTable_HeldByAGateway_IsFineIfItHasTheListener(bool hasListener, string expected)
    {
        var findings = new CheckFindings("dnat-table");

        DnatTableCheck.JudgeHolders("t", hasListener ? [new PortHolder(1, "Gateway", IsGateway: true)] : [new PortHolder(2, "nginx", IsGateway: false)], findings);

        Assert.Equal(expected, Assert.Single(findings.Results).Severity.ToString());
    }

    [Theory]
    [InlineData(SslPolicyErrors.None, 15, "Ok", "accepted")]
    [InlineData(SslPolicyErrors.None, 13, "Warn", "ends on")]
    [InlineData(SslPolicyErrors.RemoteCertificateNameMismatch, 90, "Fail", "not api.example's")]
    [InlineData(SslPolicyErrors.RemoteCertificateChainErrors, 90, "Fail", "not accepted")]
    public void Certificate_AsHttpClientWouldTakeIt_IsJudged(SslPolicyErrors errors, int days, string expected, string says)
    {
        using var key = RSA.Create(2048);
        var now = DateTimeOffset.Now;
        using var certificate = new CertificateRequest("CN=web.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(days));
        var findings = new CheckFindings("certificate");

        CertificateCheck.Judge(
            new BackendTarget("x", "api.example", 443, TimeSpan.FromSeconds(1), []) { CertificateName = "api.example" }, certificate, null, errors, now.LocalDateTime, findings);

        var result = Assert.Single(findings.Results);
        Assert.Equal(expected, result.Severity.ToString());
        Assert.Contains(says, result.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData("", true, true)]
    [InlineData("HTTP/1.1 400 Bad Request", false, true)]
    [InlineData("-ERR unknown command", false, true)]
    [InlineData("ERROR", false, true)]
    [InlineData("+OK", true, true)]
    [InlineData("+OK POP3 ready", false, false)]
    [InlineData("220 mail.example.org ESMTP", false, false)]
    [InlineData("220 mail.example.org ESMTP\r\n500 5.5.2 Error: command not recognized\r\n", false, true)]
    [InlineData("421 4.3.0 mail.example.org Server local error", false, true)]
    [InlineData("* OK Dovecot ready.\r\nPROXY BAD Error in IMAP command\r\n", false, true)]
    [InlineData("* OK Dovecot ready.\r\n", false, false)]
    [InlineData("220 room 500 in OK NO hotel\r\n", false, false)]
    public void Header_ReactionToIt_IsRefusalOrNot(string bytes, bool hasEnded, bool isRefusal) =>
        Assert.Equal(isRefusal, new Reaction(Encoding.ASCII.GetBytes(bytes), hasEnded).IsRefusal);

    [Theory]
    [InlineData("", true, false, false)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", true, false, false)]
    [InlineData("421 4.3.0 mail.example.org Server local error", true, false, false)]
    [InlineData("220 mail.example.org ESMTP", false, true, false)]
    [InlineData("* OK ready\r\n* BYE", true, true, false)]
    [InlineData(":irc NOTICE * :***", false, false, false)]
    public void Reaction_OfServersThatSpeakFirst_IsAGreeting(string bytes, bool hasEnded, bool greetsFirst, bool isMySql)
    {
        var reaction = new Reaction(Encoding.ASCII.GetBytes(bytes), hasEnded);

        Assert.Equal((greetsFirst, isMySql, greetsFirst && !hasEnded), (reaction.GreetsFirst, reaction.IsMySql, reaction.IsGreeting));
    }

    [Theory]
    [InlineData("", false, "")]
    [InlineData("340000 01 FF6A04 23 4859303030 50726F787920686561646572206973206E6F742061636365707465642066726F6D203132372E302E302E31", true, "1130 Proxy header is not accepted from 127.0.0.1")]
    [InlineData("340000 01 FF6A04 23 48593030", false, "")]
    public void Reaction_OfMariaDb_ShowsItsLastWords(string behindTheGreeting, bool isRefusal, string shown)
    {
        // A greeting of protocol 10, as MariaDB 10.11 sends it.
        var bytes = Convert.FromHexString(("64000000 0A 352E352E352D31302E31312E31392D4D6172696144422D302B64656231327531 00" + new string('0', 2 * 66) + behindTheGreeting).Replace(" ", "", StringComparison.Ordinal));

        var reaction = new Reaction(bytes, HasEnded: false);

        Assert.Equal((true, true, isRefusal), (reaction.IsMySql, reaction.IsGreeting, reaction.IsRefusal));
        Assert.True(shown.Length == 0 || reaction.Show() == $"\"{shown}\"", reaction.Show());
    }

    [Fact]
    public void Reaction_OfABlockedHost_IsMySqls()
    {
        var text = Encoding.ASCII.GetBytes("Host '10.9.0.1' is blocked because of many connection errors; unblock with 'mariadb-admin flush-hosts'");

        var reaction = new Reaction([(byte)(text.Length + 3), 0, 0, 0, 0xff, 0x69, 0x04, .. text], HasEnded: true);

        Assert.True(reaction is { IsMySql: true, IsRefusal: true });
        Assert.StartsWith("\"1129 Host '10.9.0.1' is blocked", reaction.Show(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reaction_BytesOfABackend_AreShownOnOneLine()
    {
        Assert.Equal("\"a.b\"", new Reaction("first line\r\na\u0001b\r\n"u8.ToArray(), HasEnded: false).Show());
        Assert.Equal("\"HTTP/1.1 400 Bad Request\"", new Reaction("HTTP/1.1 400 Bad Request\r\n\r\n<html>"u8.ToArray(), HasEnded: true).Show());
        Assert.Equal(162, new Reaction(Encoding.ASCII.GetBytes(new string('x', 5000)), HasEnded: true).Show().Length);
    }

    [Theory]
    [InlineData("", "198.51.100.10", "203.0.113.1")]
    [InlineData("", "2001:db8:b::10", "2001:db8::1")]
    [InlineData("192.0.2.0/24", "198.51.100.10", "192.0.2.1")]
    [InlineData("192.0.2.7/32", "198.51.100.10", "192.0.2.7")]
    [InlineData("198.51.100.0/24", "198.51.100.1", "198.51.100.2")]
    [InlineData("192.0.2.0/24", "2001:db8:b::10", "2001:db8::1")]
    public void ReturnPath_Source_IsAClientOfTheRoute(string clients, string backend, string expected)
    {
        var match = clients.Length == 0 ? "" : $"\"Match\": {{ \"ClientCidrs\": [ \"{clients}\" ] }},";
        var route = Snapshot($"""
            "Listeners": {"{"} "in": {"{"} "Address": "*:9000", "Protocol": "Tcp" {"}"} {"}"},
            "TcpProxy": {"{"}
              "Routes": {"{"} "in": {"{"} "Listener": "in", "ClusterId": "c", {match} "SourceIp": {"{"} "Mode": "Transparent" {"}"} {"}"} {"}"},
              "Clusters": {"{"} "c": {"{"} "Destinations": {"{"} "d": {"{"} "Address": "192.0.2.200:1" {"}"} {"}"} {"}"} {"}"}
            {"}"}
            """).Tcp.Listeners["in"].Routes.Single();

        Assert.Equal(expected, ReturnPathCheck.SourceFor(route.ClientNetworks, new IPEndPoint(IPAddress.Parse(backend), 80)).ToString());
    }

    internal static GatewaySnapshot Snapshot(string members = "")
    {
        var result = ConfigReader.Parse($"{{ {members} }}", new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return SnapshotBuilder.Build(result);
    }
}
