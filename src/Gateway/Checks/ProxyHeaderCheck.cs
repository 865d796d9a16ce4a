using System.Net;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Whether a backend takes the PROXY header that its route sends, and whether one that gets none wants one. A backend does not say: it shows by staying, answering or closing.
/// </summary>
/// <remarks>
/// The header is one that no backend takes for a client: V2 says LOCAL (HAProxy's proxy-protocol.txt, 2.2: health checks; every receiver has to accept it), V1 names the probing connection's own
/// endpoints (the same document asks for that instead of UNKNOWN). Nothing else is sent, but to backends that get no header: sixteen line feeds, which line protocols ignore and
/// whoever insists on a header refuses.
/// </remarks>
internal sealed class ProxyHeaderCheck : ICheck
{
    // Refusals come after one round trip; a server that greets does so at once.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    // As long as the fixed part of a V2 header: a receiver that wants to see so much before it judges has it.
    private static readonly byte[] LineFeeds = [.. Enumerable.Repeat((byte)'\n', 16)];

    public string Name => "proxy-header";

    public bool AsksOthers => true;

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation) => CheckContext.ForEachAsync(
        context.Targets,
        async target =>
        {
            var versions = target.Users.Where(user => user.SourceIp.Mode == SourceIpMode.ProxyProtocol).Select(user => user.SourceIp.Version).Distinct().ToList();
            var isWithout = target.Users.Any(user => user.SourceIp.Mode != SourceIpMode.ProxyProtocol);
            // One address of a name stands for all: they are the same program.
            if ((await context.ReachAsync(target, cancellation)).EndPoints is not [var endPoint, ..])
                return;
            foreach (var version in versions)
                await WithHeaderAsync(target, endPoint, version, findings, cancellation);
            if (isWithout)
                await WithoutHeaderAsync(target, endPoint, findings, cancellation);
        },
        cancellation);

    private static async Task WithHeaderAsync(BackendTarget target, IPEndPoint endPoint, ProxyProtocolVersion version, CheckFindings findings, CancellationToken cancellation)
    {
        const string Cure = "switch the PROXY protocol on there (nginx: listen … proxy_protocol; HAProxy: accept-proxy) and let it trust this host; or SourceIp:Mode Transparent";
        var header = $"a PROXY {version.ToString().ToLowerInvariant()} header";
        var before = await TryAsync(target, endPoint, _ => [], cancellation);
        var after = await TryAsync(target, endPoint, local => Header(version, local, endPoint), cancellation);
        if (after is null || before is null)
            findings.Warn(target.KeyPath, "stopped accepting connections while it was checked");
        else if (IsRefusal(after))
            findings.Fail(target.KeyPath, $"{endPoint} does not understand {header}: it {Describe(after)}", Cure);
        else if (version == ProxyProtocolVersion.V2 && after.IsSilent && await RefusalOfV1Async(target, endPoint, cancellation) is { } first)
            findings.Warn(target.KeyPath, $"{endPoint} says nothing to {header}, but to version 1 it {Describe(first)}: as a rule who reads one reads both", Cure);
        else if (before.Bytes.Length > 0)
            findings.Warn(target.KeyPath, $"{endPoint} speaks before it has seen a header ({before.Show()}): most such backends do not read one (MariaDB does, if it is told to)", Cure);
        else
            findings.Ok(target.KeyPath, $"{endPoint} takes {header} and {(after.Bytes.Length > 0 ? $"answers {after.Show()}" : "waits for more")}");
    }

    // Redis waits for more after a version 2 header: its zero byte hides what follows.
    private static async Task<Reaction?> RefusalOfV1Async(BackendTarget target, IPEndPoint endPoint, CancellationToken cancellation) =>
        await TryAsync(target, endPoint, local => Header(ProxyProtocolVersion.V1, local, endPoint), cancellation) is { } reaction && IsRefusal(reaction) ? reaction : null;

    private static async Task WithoutHeaderAsync(BackendTarget target, IPEndPoint endPoint, CheckFindings findings, CancellationToken cancellation)
    {
        var greeting = await TryAsync(target, endPoint, _ => [], cancellation);
        if (greeting is null || greeting.HasEnded)
        {
            findings.Warn(target.KeyPath, $"{endPoint} closes a connection on which nothing was sent", "does it let this host in");
            return;
        }

        var answer = greeting.Bytes.Length > 0 ? greeting : await TryAsync(target, endPoint, _ => LineFeeds, cancellation);
        // Whoever closes may be a backend with a binary protocol: only if it takes a header instead does it want one.
        if (answer is { HasEnded: true, Bytes.Length: 0 })
        {
            foreach (var version in new[] { ProxyProtocolVersion.V2, ProxyProtocolVersion.V1 })
            {
                if (await TryAsync(target, endPoint, local => Header(version, local, endPoint), cancellation) is { } reaction && !IsRefusal(reaction))
                {
                    findings.Fail(
                        target.KeyPath, $"{endPoint} expects a PROXY header, and gets none: it closes on anything else",
                        $"SourceIp: {{ \"Mode\": \"ProxyProtocol\", \"Version\": \"{version}\" }}; or switch it off there");
                    return;
                }
            }
        }

        findings.Ok(target.KeyPath, $"{endPoint} does not ask for a PROXY header");
    }

    /// <summary>
    /// Whether a reaction to a header says "what is this": it closes, or complains. An HTTP server says nothing before a request, Redis and memcached complain in a line; but what greets
    /// after the header and stays (SMTP, POP3) has understood it.
    /// </summary>
    internal static bool IsRefusal(Reaction reaction)
    {
        var text = Encoding.ASCII.GetString(reaction.Bytes);
        return reaction.HasEnded || text.StartsWith("HTTP/", StringComparison.Ordinal) || text.StartsWith("-ERR", StringComparison.Ordinal) || text.StartsWith("ERROR", StringComparison.Ordinal);
    }

    private static string Describe(Reaction reaction) =>
        (reaction.Bytes.Length > 0 ? $"answers {reaction.Show()}" : "") + (reaction.Bytes.Length > 0 && reaction.HasEnded ? " and " : "") + (reaction.HasEnded ? "closes" : "");

    private static async Task<Reaction?> TryAsync(BackendTarget target, IPEndPoint endPoint, Func<IPEndPoint, byte[]> firstBytes, CancellationToken cancellation)
    {
        var (talk, _) = await BackendTalk.ConnectAsync(endPoint, target.ConnectTimeout, static _ => { }, cancellation);
        using (talk)
        {
            if (talk is null)
                return null;
            await talk.SendAsync(firstBytes(talk.Local), cancellation);
            return await talk.ListenAsync(Quiet, cancellation);
        }
    }

    private static byte[] Header(ProxyProtocolVersion version, IPEndPoint local, IPEndPoint remote)
    {
        var (source, destination) = (ProxyEndPoint.From(local), ProxyEndPoint.From(remote));
        var buffer = new byte[ProxyHeaderWriter.MaxV1Length + ProxyHeaderWriter.GetV2Length(ProxyAddressFamily.Inet6, 0, withChecksum: false)];
        var length = version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.WriteV1(buffer, source, destination)
            : ProxyHeaderWriter.WriteV2(buffer, ProxyCommand.Local, source, destination, [], withChecksum: false);
        return buffer[..length];
    }
}
