using System.Net;
using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Headers that name nobody in other words than LOCAL and UNKNOWN, and v1 lines of two families.</summary>
public sealed class NobodyTests
{
    private static readonly ProxyProtocolConfig Config = new() { TrustedProxies = ["10.0.0.0/8"], HealthCheckers = ["100.64.0.0/10"] };
    private static readonly ProxyProtocolPolicy Policy = Of(Config);

    public static TheoryData<byte[]> Nobody =>
    [
        "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"u8.ToArray(),
        "PROXY TCP6 :: :: 0 0\r\n"u8.ToArray(),
        WireHeader.V2("0.0.0.0:0", "0.0.0.0:0"),
        WireHeader.V2("[::]:0", "[::]:0"),
    ];

    [Theory]
    [MemberData(nameof(Nobody))]
    public void AllZero_FromWhoeverMaySayUnknown_IsThePeer(byte[] header)
    {
        foreach (var peer in (PeerClass[])[PeerClass.Trusted, PeerClass.HealthChecker])
        {
            var step = Decide(Policy, peer, header);
            Assert.Equal((IdentificationAction.Identified, header.Length, false), (step.Action, step.ConsumedBytes, step.Header.HasAddresses));
            var identity = Identity(step, header);
            Assert.Equal(("10.0.0.1:9", IdentitySource.Socket), (identity.Client.ToString(), identity.Source));
            Assert.Null(identity.OriginalDestination);
        }
    }

    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0", 0, 1)]
    [InlineData("0.0.0.0", "0.0.0.0", 1, 0)]
    [InlineData("0.0.0.0", "192.0.2.1", 0, 0)]
    public void ALoneZeroSource_IsStillRefused(string source, string destination, int port, int destinationPort)
    {
        foreach (var header in (byte[][])[
            Encoding.ASCII.GetBytes($"PROXY TCP4 {source} {destination} {port} {destinationPort}\r\n"),
            WireHeader.V2($"{source}:{port}", $"{destination}:{destinationPort}")])
        {
            Assert.Equal(IdentificationRefusal.SourceInvalid, Decide(Policy, PeerClass.Trusted, header).Refusal);
        }
    }

    [Theory]
    [InlineData("PROXY TCP6 2001:db8::7 127.0.0.1 40001 41299\r\n", "[2001:db8::7]:40001", "127.0.0.1:41299")]
    [InlineData("PROXY TCP4 198.51.100.7 ::1 40001 44323\r\n", "198.51.100.7:40001", "[::1]:44323")]
    public void MixedFamilies_OfATrustedPeer_AreTakenUnlessToldOtherwise(string line, string client, string destination)
    {
        var header = Encoding.ASCII.GetBytes(line);
        var identity = Identity(Decide(Policy, PeerClass.Trusted, header), header);
        Assert.Equal((client, destination), (identity.Client.ToString(), identity.OriginalDestination!.ToString()));

        var strict = Of(Config with { MixedFamilies = MixedFamiliesAction.Reject });
        Assert.Equal(IdentificationRefusal.HeaderInvalid, Decide(strict, PeerClass.Trusted, header).Refusal);
        Assert.Equal(IdentificationRefusal.UntrustedHeader, Decide(Policy, PeerClass.HealthChecker, header).Refusal);
    }

    private static ProxyProtocolPolicy Of(ProxyProtocolConfig config) => ProxyProtocolPolicy.From(config, new Dictionary<string, IReadOnlyList<string>>())!;

    private static IdentificationStep Decide(ProxyProtocolPolicy policy, PeerClass peer, byte[] header) =>
        HeaderIdentification.Decide(policy, peer, header, TimeSpan.Zero, ended: false);

    private static ConnectionIdentity Identity(in IdentificationStep step, byte[] header) =>
        HeaderIdentification.CreateIdentity(step, IPEndPoint.Parse("10.0.0.1:9"), IPEndPoint.Parse("198.51.100.1:6379"), header);
}
