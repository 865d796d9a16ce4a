using System.Net.Sockets;
using Gateway.Commands;
using Gateway.Configuration.Loading;
using Gateway.Interception;

namespace Gateway.Tests.Interception;

/// <summary>What is derived from a configuration, to the letter. That it works: Gateway.FunctionalTests, InterceptTests.</summary>
public sealed class RedirectPlanTests
{
    private const string Inbound = """
        {
          "Networks": { "nodes": [ "10.0.0.0/24", "2001:db8::1/128" ] },
          "Listeners": {
            "in": { "Address": "*:15006", "Protocol": "Tcp", "Intercept": "TProxy", "Capture": { "ExcludePorts": [ 8085 ], "ExcludeCidrs": [ "nodes" ] } },
            "other": { "Address": "*:8089", "Protocol": "Http" }
          },
          "TcpProxy": {
            "Routes": {
              "app": { "Listener": "in", "ClusterId": "app", "Match": { "DestinationPorts": [ "8080-8090" ] }, "SourceIp": { "Mode": "Transparent" } },
              "v6": { "Listener": "in", "ClusterId": "app", "Match": { "DestinationPorts": [ 7000 ], "DestinationCidrs": [ "2001:db8:a::/64" ] }, "SourceIp": { "Mode": "ProxyProtocol" } }
            },
            "Clusters": { "app": { "Type": "OriginalDestination" } }
          }
        }
        """;

    private const string Outbound = """
        {
          "Listeners": {
            "out": {
              "Address": "127.0.0.1:15001", "Protocol": "Tcp", "Intercept": "Redirect",
              "Capture": { "Direction": "Outbound", "ExcludeUids": [ 1337 ], "ExcludeCidrs": [ "169.254.169.254/32" ] }
            }
          },
          "TcpProxy": {
            "Routes": { "out": { "Listener": "out", "ClusterId": "any", "SourceIp": { "Mode": "ProxyProtocol", "Mark": 99 } } },
            "Clusters": { "any": { "Type": "OriginalDestination", "AllowedDestinations": [ "0.0.0.0/0" ] } }
          }
        }
        """;

    [Fact]
    public void Nft_Inbound_DivertsWhatTheRoutesMatch() => Assert.Equal(
        $$"""
        add table inet gateway_redirect
        delete table inet gateway_redirect
        add table inet gateway_redirect
        add chain inet gateway_redirect in-in { type filter hook prerouting priority -150; policy accept; }
        add rule inet gateway_redirect in-in iifname "lo" accept
        add rule inet gateway_redirect in-in fib daddr type != local accept
        add rule inet gateway_redirect in-in ip saddr 10.0.0.0/24 accept
        add rule inet gateway_redirect in-in ip6 saddr 2001:db8::1/128 accept
        add rule inet gateway_redirect in-in tcp dport 8080-8084 tproxy to :15006 accept
        add rule inet gateway_redirect in-in tcp dport 8086-8088 tproxy to :15006 accept
        add rule inet gateway_redirect in-in tcp dport 8090 tproxy to :15006 accept
        add rule inet gateway_redirect in-in ip6 daddr 2001:db8:a::/64 tcp dport 7000 tproxy to :15006 accept
        add chain inet gateway_redirect plan-{{Plan(Inbound).Fingerprint}}

        """,
        NftScript.Install(Plan(Inbound)));

    [Fact]
    public void Nft_Outbound_LeavesItsOwnAlone() => Assert.Equal(
        $$"""
        add table inet gateway_redirect
        delete table inet gateway_redirect
        add table inet gateway_redirect
        add chain inet gateway_redirect out-out { type nat hook output priority -100; policy accept; }
        add rule inet gateway_redirect out-out meta mark 99 accept
        add rule inet gateway_redirect out-out meta skuid 1337 accept
        add rule inet gateway_redirect out-out fib daddr type local accept
        add rule inet gateway_redirect out-out ip daddr 169.254.169.254/32 accept
        add rule inet gateway_redirect out-out meta nfproto ipv4 tcp dport 1-65535 redirect to :15001
        add chain inet gateway_redirect plan-{{Plan(Outbound).Fingerprint}}

        """,
        NftScript.Install(Plan(Outbound)));

    [Fact]
    public void Iptables_Inbound_SaysTheSame()
    {
        var plan = Plan(Inbound);

        Assert.Equal(
            $"""
            *mangle
            :GWREDIR-TPROXY - [0:0]
            :GWREDIR-TPROXY-0 - [0:0]
            :GWREDIR-P-{plan.Fingerprint} - [0:0]
            -A GWREDIR-TPROXY-0 -i lo -j RETURN
            -A GWREDIR-TPROXY-0 -m addrtype ! --dst-type LOCAL -j RETURN
            -A GWREDIR-TPROXY-0 -s 10.0.0.0/24 -j RETURN
            -A GWREDIR-TPROXY-0 -p tcp --dport 8080:8084 -j TPROXY --on-port 15006 --tproxy-mark 0x0/0x0
            -A GWREDIR-TPROXY-0 -p tcp --dport 8086:8088 -j TPROXY --on-port 15006 --tproxy-mark 0x0/0x0
            -A GWREDIR-TPROXY-0 -p tcp --dport 8090 -j TPROXY --on-port 15006 --tproxy-mark 0x0/0x0
            -A GWREDIR-TPROXY -j GWREDIR-TPROXY-0
            -A PREROUTING -j GWREDIR-TPROXY
            COMMIT

            """,
            IptablesScript.Install(plan, AddressFamily.InterNetwork, ""));
        Assert.Contains("-d 2001:db8:a::/64 -p tcp --dport 7000 ", IptablesScript.Install(plan, AddressFamily.InterNetworkV6, ""), StringComparison.Ordinal);
        Assert.Null(IptablesScript.Install(Plan(Outbound), AddressFamily.InterNetworkV6, ""));
    }

    [Fact]
    public void Iptables_EarlierPlanInstalled_IsReplacedAndRemoved()
    {
        const string Saved = """
            # Generated by iptables-save
            *nat
            :OUTPUT ACCEPT [0:0]
            :GWREDIR-OUT - [0:0]
            :GWREDIR-OUT-0 - [0:0]
            :GWREDIR-OUT-1 - [0:0]
            :GWREDIR-P-0123456789ab - [0:0]
            :SOMEBODY - [0:0]
            -A OUTPUT -j GWREDIR-OUT
            -A GWREDIR-OUT -j GWREDIR-OUT-0
            COMMIT
            """;

        var replaced = IptablesScript.Install(Plan(Outbound), AddressFamily.InterNetwork, Saved)!;
        Assert.DoesNotContain("-A OUTPUT", replaced, StringComparison.Ordinal);
        Assert.EndsWith("-A GWREDIR-OUT -j GWREDIR-OUT-0\n-X GWREDIR-OUT-1\n-X GWREDIR-P-0123456789ab\nCOMMIT\n", replaced, StringComparison.Ordinal);
        Assert.Equal(
            """
            *nat
            :GWREDIR-OUT - [0:0]
            :GWREDIR-OUT-0 - [0:0]
            :GWREDIR-OUT-1 - [0:0]
            :GWREDIR-P-0123456789ab - [0:0]
            -D OUTPUT -j GWREDIR-OUT
            -X GWREDIR-OUT
            -X GWREDIR-OUT-0
            -X GWREDIR-OUT-1
            -X GWREDIR-P-0123456789ab
            COMMIT

            """,
            IptablesScript.Remove(Saved));
        Assert.Null(IptablesScript.Remove("*nat\n:SOMEBODY - [0:0]\nCOMMIT\n"));
    }

    [Fact]
    public void ReturnRules_TransparentInbound_TurnOnlyAnswersOfTheBackend() => Assert.Equal(
        [
            (2330, "from all fwmark 0x922 goto 2335 proto 233"),
            (2331, "from all to 10.0.0.0/24 iif lo goto 2335 proto 233"),
            (2332, "from all iif lo ipproto tcp sport 8080-8084 lookup 233 proto 233"),
            (2333, "from all iif lo ipproto tcp sport 8086-8088 lookup 233 proto 233"),
            (2334, "from all iif lo ipproto tcp sport 8090 lookup 233 proto 233"),
            (2335, "from all nop proto 233"),
        ],
        ReturnRoutes.Rules(Plan(Inbound), AddressFamily.InterNetwork));

    [Fact]
    public void ReturnRules_NothingIsTransparent_AreNone() => Assert.Empty(ReturnRoutes.Rules(Plan(Outbound), AddressFamily.InterNetwork));

    [Fact]
    public void ReturnRules_StaticBackendOnLoopback_TurnItsPort()
    {
        var plan = Plan(Inbound.Replace("\"Type\": \"OriginalDestination\"", "\"Destinations\": { \"a\": { \"Address\": \"127.0.0.1:9100\" }, \"b\": { \"Address\": \"192.0.2.9:9200\" } }", StringComparison.Ordinal));

        Assert.Equal(["9100"], plan.Diversions.Single().ReplyPorts.Select(range => range.ToString()));
    }

    [Fact]
    public void Change_OfReturnRules_TouchesOursAndOnlyWhatDiffers()
    {
        const string Shown = """
            0:	from all lookup local
            2330:	from all fwmark 0x922 goto 2332 proto 233
            2331:	from all iif lo ipproto tcp sport 7000 lookup 233 proto 233
            2332:	from all nop proto 233
            2333:	from all fwmark 0x1 lookup 100
            32766:	from all lookup main
            """;
        var wanted = new[] { (2330, "from all fwmark 0x922 goto 2332 proto 233"), (2331, "from all iif lo ipproto tcp sport 8080 lookup 233 proto 233"), (2332, "from all nop proto 233") };

        Assert.Equal(
            "rule del pref 2331 from all iif lo ipproto tcp sport 7000 lookup 233 proto 233\nrule add pref 2331 from all iif lo ipproto tcp sport 8080 lookup 233 proto 233\n",
            ReturnRoutes.Change(wanted, Shown));
        Assert.Equal("", ReturnRoutes.Change([.. ReturnRoutes.Own(Shown)], Shown));
    }

    [Fact]
    public void From_NoPortsGiven_TakesServersPortsButOurOwn()
    {
        var plan = Plan("""
            {
              "Listeners": { "in": { "Address": "*:15006", "Protocol": "Tcp", "Intercept": "Redirect" } },
              "TcpProxy": {
                "Routes": { "in": { "Listener": "in", "ClusterId": "c", "SourceIp": { "Mode": "None" } } },
                "Clusters": { "c": { "Type": "OriginalDestination" } }
              },
              "Probes": { "Address": "*:9900" }, "Admin": { "Address": "127.0.0.1:9901" }
            }
            """);

        var diversion = Assert.Single(plan.Diversions);
        Assert.Equal("Inbound TCP ports 1-9899, 9901-15005, 15007-32767 to listener in (*:15006, Redirect)", diversion.ToString());
        Assert.False(plan.TurnsReplies);
    }

    [Theory]
    [InlineData("1024\t60999\n", "", "1-1023", "7000, 8080-8084, 8086-8088, 8090", "7000,8080-8084,8086-8088,8090")]
    [InlineData("32768\t60999\n", "", "1-32767", "", "")]
    [InlineData("8083 9000", "8086-8088\n", "1-8082", "8083-8084, 8090", "8083-8084,8086-8088,8090")]
    [InlineData("1 65535", "1-8084,8085-65535\n", "", "", "")]
    [InlineData("", "", "1-32767", "", "")]
    public void LocalPorts_ThatAreServersPortsToo_AreNamedWithTheCure(string range, string reserved, string servers, string both, string cure)
    {
        var local = EphemeralPorts.Parse(range, reserved);
        var ports = Plan(Inbound.Replace("\"DestinationCidrs\": [ \"2001:db8:a::/64\" ] }, \"SourceIp\": { \"Mode\": \"ProxyProtocol\" }", "\"ClientCidrs\": [ \"10.0.0.0/8\" ] }, \"SourceIp\": { \"Mode\": \"Transparent\" }", StringComparison.Ordinal)).Diversions.Single().ReplyPorts;

        Assert.Equal(servers, string.Join(", ", local.ServerPorts));
        Assert.Equal(both, string.Join(", ", local.In(ports)));
        Assert.Equal(both.Length > 0, local.Refuse(ports) is not null);
        if (cure.Length > 0)
        {
            Assert.Contains($"net.ipv4.ip_local_reserved_ports={cure} ", local.Cure(ports), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void From_NoPortsGiven_EndsBelowThePortsOfOwnConnections()
    {
        var plan = Plan(Inbound.Replace("\"Match\": { \"DestinationPorts\": [ \"8080-8090\" ] },", "", StringComparison.Ordinal), EphemeralPorts.Parse("2000 60999", ""));

        Assert.Equal("1-1999", string.Join(", ", plan.Diversions.Single().Traffic[0].Ports));
    }

    [Fact]
    public void Fingerprint_OfAPlan_ChangesWithWhatItInstalls()
    {
        Assert.Equal(Plan(Inbound).Fingerprint, Plan(Inbound).Fingerprint);
        var others = new[] { Inbound, Outbound, Inbound.Replace("8080-8090", "8080-8091", StringComparison.Ordinal), Inbound.Replace("10.0.0.0/24", "10.0.1.0/24", StringComparison.Ordinal) };
        Assert.Equal(4, others.Select(json => Plan(json).Fingerprint).Distinct().Count());
    }

    [Fact]
    public void State_OfAnotherPlan_IsNotThisOnes()
    {
        var plan = Plan(Outbound);
        var none = new HostState("", []);
        var nft = none with { NftTable = $"table inet gateway_redirect {{\n\tchain {NftScript.Fingerprint(plan)} {{\n\t}}\n}}\n" };
        var iptables = none with { Families = [new HostFamilyState(AddressFamily.InterNetwork, $"*nat\n:{IptablesScript.Fingerprint(plan)} - [0:0]\nCOMMIT\n", "", "")] };
        var turned = new HostFamilyState(AddressFamily.InterNetwork, "", "2330:\tfrom all nop proto 233\n", "");

        Assert.True(none.IsEmpty);
        Assert.False(none.Is(plan));
        Assert.True(nft.Is(plan));
        Assert.True(iptables.Is(plan));
        Assert.False(nft.Is(Plan(Inbound)));
        Assert.False((nft with { Families = [turned] }).Is(plan));
    }

    [Fact]
    public void Restore_AfterAHalfInstalledPlan_GivesBackWhatWasThere()
    {
        const string Was = "*nat\n:OUTPUT ACCEPT [0:0]\n:GWREDIR-OUT - [0:0]\n:GWREDIR-OUT-0 - [3:180]\n-A OUTPUT -j GWREDIR-OUT\n-A GWREDIR-OUT -j GWREDIR-OUT-0\nCOMMIT\n";
        const string Now = "*mangle\n:GWREDIR-TPROXY - [0:0]\n-A PREROUTING -j GWREDIR-TPROXY\nCOMMIT\n*nat\n:OUTPUT ACCEPT [0:0]\n:GWREDIR-OUT - [9:0]\n:GWREDIR-OUT-1 - [0:0]\nCOMMIT\n";

        Assert.Equal(
            "*mangle\n:GWREDIR-TPROXY - [0:0]\n-D PREROUTING -j GWREDIR-TPROXY\n-X GWREDIR-TPROXY\nCOMMIT\n"
            + "*nat\n:GWREDIR-OUT - [0:0]\n:GWREDIR-OUT-0 - [0:0]\n:GWREDIR-OUT-1 - [0:0]\n-A GWREDIR-OUT -j GWREDIR-OUT-0\n-A OUTPUT -j GWREDIR-OUT\n-X GWREDIR-OUT-1\nCOMMIT\n",
            IptablesScript.Restore(Was, Now));
        Assert.Null(IptablesScript.Restore(Was, Was));
    }

    [Fact]
    public async Task Show_NoListenerIntercepts_IsSaid()
    {
        var path = Path.Combine(Gateway.Testing.RepositoryPaths.Root, "deploy/base/appsettings.json");
        using var error = new StringWriter();

        Assert.Equal(1, await RedirectCommand.ShowAsync(path, useIptables: false, TextWriter.Null, error));
        Assert.Contains("no listener has Intercept", error.ToString(), StringComparison.Ordinal);
    }

    private static RedirectPlan Plan(string json, EphemeralPorts? local = null)
    {
        var result = ConfigReader.Parse(json, new Dictionary<string, string>());
        Assert.Empty(result.Errors.Select(error => error.ToString()));
        return RedirectPlan.From(result.Config!, local ?? EphemeralPorts.Default);
    }
}
