using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Finds out whether backends read a PROXY header, or expect none. These rules are tried in order:
/// 1. A backend that complains about the header, or closes, does not read it.
/// 2. A backend that greets after a header, but not without a header, reads it (Postfix, Exim, Dovecot). A MySQL server that greets after a
/// header reads it, too, because MySQL's protocol refuses bytes that it does not expect.
/// 3. A backend that is silent after a header, and closes on line feeds without a header, reads it (nginx, HAProxy, and most).
/// 4. A backend that accepts line feeds without a header, but refuses line feeds after a header, does not read it (Varnish's plain port). A
/// backend that always refuses line feeds in HTTP gets an HTTP request after the header (h2o).
/// 5. A backend that is silent in all these cases, and complains in HTTP about version 2, reads version 1 (gunicorn). The reverse does not
/// hold, because Redis waits after the zero byte of version 2. Everything else stays unknown: a PowerDNS that does not trust this host is
/// as silent as a PowerDNS that is about to answer.
/// </summary>
internal static class HeaderProbe
{
    /// <summary>Probes all addresses in parallel.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="endPoints">Its addresses that accept connections.</param>
    /// <param name="cancellation">Signalled when the time is up: this method throws.</param>
    /// <returns>One list for each version that its routes send, and one list for no header if a route sends none.</returns>
    public static async Task<IReadOnlyList<IReadOnlyList<AddressVerdict>>> RunAsync(
        BackendTarget target, IReadOnlyList<IPEndPoint> endPoints, CancellationToken cancellation)
    {
        var interviews = endPoints.Select(endPoint => new Interview(target, endPoint, cancellation)).ToList();
        var answers = new List<IReadOnlyList<AddressVerdict>>();
        foreach (var (version, isFallback) in HeadersTo(target))
        {
            answers.Add(
                await Task.WhenAll(
                    interviews.Select(interview => CountedAsync(interview, () => WithHeaderAsync(target, interview, version, isFallback))))
            );
        }

        if (target.Users.Any(user => user.SourceIp.Mode != SourceIpMode.ProxyProtocol))
        {
            answers.Add(
                await Task.WhenAll(interviews.Select(interview => CountedAsync(interview, () => WithoutHeaderAsync(target, interview)))));
        }

        return answers;
    }

    /// <summary>The versions that a destination gets, and whether each is sent only as a Fallback of routes with another mode.</summary>
    internal static IEnumerable<(ProxyProtocolVersion Version, bool IsFallback)> HeadersTo(BackendTarget target) =>
        target
            .Users.Select(user => user.SourceIp)
            .Where(sourceIp => sourceIp.Mode == SourceIpMode.ProxyProtocol || sourceIp.Fallback == SourceIpFallback.ProxyProtocol)
            .Select(sourceIp => (sourceIp.Version, IsFallback: sourceIp.Mode != SourceIpMode.ProxyProtocol))
            .OrderBy(header => header.IsFallback).DistinctBy(header => header.Version);

    private static async Task<AddressVerdict> CountedAsync(
        Interview interview,
        Func<Task<(CheckSeverity Severity, string Said, string? Cure)>> judge)
    {
        var before = interview.Connections;
        var (severity, said, cure) = await judge();
        return new AddressVerdict(interview.EndPoint, severity, said, cure)
        {
            Connections = interview.Connections - before,
            IsMySql = interview.IsMySql,
        };
    }

    private static async Task<(CheckSeverity Severity, string Said, string? Cure)> WithHeaderAsync(
        BackendTarget target, Interview interview, ProxyProtocolVersion version, bool isFallback)
    {
        var header = $"a PROXY {Name(version)} header{(isFallback ? " (Fallback)" : "")}";
        var (understanding, reaction) = await HeaderReading.JudgeAsync(interview, version);
        switch (understanding)
        {
            case Understanding.Gone:
                return (CheckSeverity.Warn, "stopped accepting connections while it was checked", null);
            case Understanding.Reads
                when version == ProxyProtocolVersion.V2
                    && LongHeader.Of(target) is > 0 and var length
                    && await LongHeader.LongestTakenAsync(interview, length) is { } taken:
                return (CheckSeverity.Warn,
                    $"takes {header}{(taken == 0 ? "" : $" of {taken} bytes")}, but not one of {length}, as its routes may send with TLVs",
                    Cures.Length(target, taken));
            case Understanding.Reads:
                return (CheckSeverity.Ok,
                    $"takes {header} and {(reaction!.HasWords && !reaction.IsMySql ? $"answers {reaction.Show()}" : "waits for more")}",
                    null);
            case Understanding.Unknown when await interview.BareAsync() is { Greets: true }:
                return (CheckSeverity.Warn,
                    $"speaks before it has seen a header ({reaction!.Show()}), and says nothing of one",
                    Cures.Switch(target, interview.Words, isFallback));
            case Understanding.Unknown:
                return (CheckSeverity.Skip, $"may have understood {header}: it says nothing to one, nor without one", Cures.Trust);
        }

        var other = version == ProxyProtocolVersion.V1 ? ProxyProtocolVersion.V2 : ProxyProtocolVersion.V1;
        var said = $"does not understand {header}: it {reaction!.Describe()}";
        return (await HeaderReading.JudgeAsync(interview, other)).Understanding switch
        {
            Understanding.Reads => (CheckSeverity.Fail, $"{said}; it takes version {(int)other}", Cures.Version(target, other)),
            _ when (await interview.BareAsync())?.First is { HasEnded: true, HasWords: false } => (
                CheckSeverity.Fail,
                $"{said}, without a byte as well",
                $"{Cures.Trust}; or {Cures.Switch(target, interview.Words, isFallback)}"),
            Understanding.Unknown when other == ProxyProtocolVersion.V1 && await interview.BareAsync() is { Insists: false } => (
                CheckSeverity.Fail,
                $"{said}; it may take version 1",
                $"{Cures.Version(target, other)}, if it reads that; or {Cures.Switch(target, interview.Words, isFallback)}"),
            _ => (CheckSeverity.Fail, said, Cures.Switch(target, interview.Words, isFallback)),
        };
    }

    private static async Task<(CheckSeverity Severity, string Said, string? Cure)> WithoutHeaderAsync(
        BackendTarget target,
        Interview interview)
    {
        var bare = await interview.BareAsync();
        if (bare is null)
        {
            return (CheckSeverity.Warn, "stopped accepting connections while it was checked", null);
        }

        if (bare.First.IsRefusal)
        {
            // With mode None all connections come from this host, so a refusal is a failure. With other modes the backend may accept the
            // clients' addresses.
            var isOurs = bare.First.HasWords && target.Users.Any(user => user.SourceIp.Mode == SourceIpMode.None);
            return (isOurs ? CheckSeverity.Fail : CheckSeverity.Warn,
                $"{bare.First.Describe()} before anything was sent",
                Cures.LetIn(bare.First.Text));
        }

        // A backend that sends first, or answers at once in its own protocol, needs no header. Exim is silent while it waits for a header,
        // and greets after it. HTTP servers do not do that.
        var lineFeeds = bare.ToLineFeeds;
        var mayInsist = lineFeeds is { HasEnded: true, IsHttp: false, IsTls: false, GreetsFirst: false };
        if (!mayInsist && (target.IsHttp || lineFeeds is not { IsSilent: true } || bare.First.HasWords))
        {
            return (CheckSeverity.Ok, "does not ask for a PROXY header", null);
        }

        foreach (var version in mayInsist ? new[] { ProxyProtocolVersion.V2, ProxyProtocolVersion.V1 } : [ProxyProtocolVersion.V2])
        {
            // Silence after version 1 proves nothing: a plain LDAP port, which also closes on line feeds, takes the header for the
            // beginning of a message.
            var reaction = mayInsist ? await interview.HeaderAsync(version) : await interview.HeaderPatientlyAsync(version);
            if (reaction is { IsRefusal: false } && (reaction.HasWords || (mayInsist && version == ProxyProtocolVersion.V2)))
            {
                var how = mayInsist ? "it closes on anything else" : $"it answers one with {reaction.Show()}, and says nothing without";
                return (CheckSeverity.Fail,
                    $"expects a PROXY header, and gets none: {how}",
                    $"{Cures.Mode(target, version)}; or switch it off there");
            }
        }

        return (CheckSeverity.Ok, "does not ask for a PROXY header", null);
    }

    private static string Name(ProxyProtocolVersion version) => version.ToString().ToLowerInvariant();
}
