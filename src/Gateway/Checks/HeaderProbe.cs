using System.Net;
using System.Text;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// How backends take a PROXY header, or none. A backend does not say: it shows by staying, answering or closing. Nothing is sent after the header (<see cref="ProbeHeader"/>); to backends that
/// get none, sixteen line feeds, which line protocols ignore and whoever insists on a header refuses.
/// </summary>
internal static class HeaderProbe
{
    // Refusals come after one round trip; a server that greets does so at once.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    // As long as the fixed part of a V2 header: a receiver that wants to see so much before it judges has it.
    private static readonly byte[] LineFeeds = [.. Enumerable.Repeat((byte)'\n', 16)];

    /// <summary>Asks all addresses at once.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="endPoints">Its addresses that accept connections.</param>
    /// <param name="cancellation">The time is up: this throws.</param>
    /// <returns>One list for each version that its routes send, and one if any of them sends none.</returns>
    public static async Task<IReadOnlyList<IReadOnlyList<AddressVerdict>>> RunAsync(BackendTarget target, IReadOnlyList<IPEndPoint> endPoints, CancellationToken cancellation)
    {
        var answers = new List<IReadOnlyList<AddressVerdict>>();
        foreach (var (version, isFallback) in HeadersTo(target))
            answers.Add(await Task.WhenAll(endPoints.Select(endPoint => WithHeaderAsync(target, endPoint, version, isFallback, cancellation))));
        if (target.Users.Any(user => user.SourceIp.Mode != SourceIpMode.ProxyProtocol))
            answers.Add(await Task.WhenAll(endPoints.Select(endPoint => WithoutHeaderAsync(target, endPoint, cancellation))));
        return answers;
    }

    /// <summary>The versions that a destination gets, and whether only from routes that could not use the client's address.</summary>
    internal static IEnumerable<(ProxyProtocolVersion Version, bool IsFallback)> HeadersTo(BackendTarget target) =>
        target.Users.Select(user => user.SourceIp).Where(sourceIp => sourceIp.Mode == SourceIpMode.ProxyProtocol || sourceIp.Fallback == SourceIpFallback.ProxyProtocol)
            .Select(sourceIp => (sourceIp.Version, IsFallback: sourceIp.Mode != SourceIpMode.ProxyProtocol))
            .OrderBy(header => header.IsFallback).DistinctBy(header => header.Version);

    private static async Task<AddressVerdict> WithHeaderAsync(
        BackendTarget target, IPEndPoint endPoint, ProxyProtocolVersion version, bool isFallback, CancellationToken cancellation)
    {
        var header = $"a PROXY {version.ToString().ToLowerInvariant()} header{(isFallback ? " (Fallback)" : "")}";
        var before = await TryAsync(target, endPoint, _ => [], cancellation);
        var after = await TryAsync(target, endPoint, local => ProbeHeader.Write(version, local, endPoint), cancellation);
        if (after is null || before is null)
            return Verdict(CheckSeverity.Warn, "stopped accepting connections while it was checked");
        if (IsRefusal(after))
            return Verdict(CheckSeverity.Fail, $"does not understand {header}: it {Describe(after)}");
        if (version == ProxyProtocolVersion.V2 && after.IsSilent && await RefusalOfV1Async(target, endPoint, cancellation) is { } first)
            return Verdict(CheckSeverity.Warn, $"says nothing to {header}, but to version 1 it {Describe(first)}: as a rule who reads one reads both");
        return before.Bytes.Length > 0
            ? Verdict(CheckSeverity.Warn, $"speaks before it has seen a header ({before.Show()}): most such backends do not read one (MariaDB does, if it is told to)")
            : Verdict(CheckSeverity.Ok, $"takes {header} and {(after.Bytes.Length > 0 ? $"answers {after.Show()}" : "waits for more")}");

        AddressVerdict Verdict(CheckSeverity severity, string said) => new(endPoint, severity, said, severity == CheckSeverity.Ok ? null : CureFor(target, isFallback));
    }

    private static string CureFor(BackendTarget target, bool isFallback)
    {
        const string Switch = "switch the PROXY protocol on there (nginx: listen … proxy_protocol; HAProxy: accept-proxy) and let it trust this host; or";
        return (target.IsHttp, isFallback) switch
        {
            (false, false) => $"{Switch} SourceIp:Mode Transparent",
            (true, false) => $"{Switch} Metadata \"SourceIp.Mode\": \"Transparent\"",
            (false, true) => "a backend that takes connections with and without a header; or SourceIp:Fallback Reject",
            (true, true) => "a backend that takes connections with and without a header; or Metadata \"SourceIp.Fallback\": \"Reject\"",
        };
    }

    // Redis waits for more after a version 2 header: its zero byte hides what follows.
    private static async Task<Reaction?> RefusalOfV1Async(BackendTarget target, IPEndPoint endPoint, CancellationToken cancellation) =>
        await TryAsync(target, endPoint, local => ProbeHeader.Write(ProxyProtocolVersion.V1, local, endPoint), cancellation) is { } reaction && IsRefusal(reaction) ? reaction : null;

    private static async Task<AddressVerdict> WithoutHeaderAsync(BackendTarget target, IPEndPoint endPoint, CancellationToken cancellation)
    {
        var greeting = await TryAsync(target, endPoint, _ => [], cancellation);
        if (greeting is null || greeting.HasEnded)
            return new AddressVerdict(endPoint, CheckSeverity.Warn, "closes a connection on which nothing was sent", "does it let this host in");

        var answer = greeting.Bytes.Length > 0 ? greeting : await TryAsync(target, endPoint, _ => LineFeeds, cancellation);
        // Whoever closes may be a backend with a binary protocol: only if it takes a header instead does it want one.
        if (answer is { HasEnded: true, Bytes.Length: 0 })
        {
            foreach (var version in new[] { ProxyProtocolVersion.V2, ProxyProtocolVersion.V1 })
            {
                if (await TryAsync(target, endPoint, local => ProbeHeader.Write(version, local, endPoint), cancellation) is { } reaction && !IsRefusal(reaction))
                    return new AddressVerdict(endPoint, CheckSeverity.Fail, "expects a PROXY header, and gets none: it closes on anything else", $"{ModeOf(target, version)}; or switch it off there");
            }
        }

        return new AddressVerdict(endPoint, CheckSeverity.Ok, "does not ask for a PROXY header");
    }

    private static string ModeOf(BackendTarget target, ProxyProtocolVersion version) => target.IsHttp
        ? $"Metadata: {{ \"SourceIp.Mode\": \"ProxyProtocol\", \"SourceIp.Version\": \"{version}\" }}"
        : $"SourceIp: {{ \"Mode\": \"ProxyProtocol\", \"Version\": \"{version}\" }}";

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
}
