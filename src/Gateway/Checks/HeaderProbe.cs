using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// How backends take a PROXY header, or none. What tells, one after the other:
/// 1. What complains of a header or closes does not read it.
/// 2. What greets behind a header, and not without one, reads it (Postfix, Exim, Dovecot). MySQL's protocol has no other way than to refuse
/// what it does not read.
/// 3. What is silent behind a header, and closes on line feeds without one, reads it (nginx, HAProxy, and most).
/// 4. What takes line feeds without a header, and refuses them behind one, does not read it (Varnish's plain port). One that refuses them
/// anyway, as HTTP, is sent a request behind the header (h2o).
/// 5. What is silent on all that, and complains of the other version, reads this one (gunicorn), unless this is V2: Redis waits behind its
/// zero byte. What is left cannot be told: a PowerDNS that does not trust this host is as silent as one that is about to answer.
/// </summary>
internal static class HeaderProbe
{
    /// <summary>Asks all addresses at once.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="endPoints">Its addresses that accept connections.</param>
    /// <param name="cancellation">The time is up: this throws.</param>
    /// <returns>One list for each version that its routes send, and one if any of them sends none.</returns>
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

    /// <summary>The versions that a destination gets, and whether only from routes that could not use the client's address.</summary>
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
            // With None everybody comes from this host; the clients of other modes may be welcome.
            var isOurs = bare.First.HasWords && target.Users.Any(user => user.SourceIp.Mode == SourceIpMode.None);
            return (isOurs ? CheckSeverity.Fail : CheckSeverity.Warn,
                $"{bare.First.Describe()} before anything was sent",
                Cures.LetIn(bare.First.Text));
        }

        // Those who speak first, or at once in their own protocol, do without. Exim waits for a header and says nothing: behind one it
        // greets. No HTTP server does.
        var lineFeeds = bare.ToLineFeeds;
        var mayInsist = lineFeeds is { HasEnded: true, IsHttp: false, IsTls: false, GreetsFirst: false };
        if (!mayInsist && (target.IsHttp || lineFeeds is not { IsSilent: true } || bare.First.HasWords))
        {
            return (CheckSeverity.Ok, "does not ask for a PROXY header", null);
        }

        foreach (var version in mayInsist ? new[] { ProxyProtocolVersion.V2, ProxyProtocolVersion.V1 } : [ProxyProtocolVersion.V2])
        {
            // Silence on version 1 says nothing: LDAP's plain port, which closes on line feeds as well, takes it for the beginning of a
            // message.
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
