using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Finds out whether a backend reads a version of the PROXY header. It follows the numbered rules of <see cref="HeaderProbe"/>, and stops
/// at the first rule that decides.
/// </summary>
internal static class HeaderReading
{
    /// <summary>Judges an address.</summary>
    /// <param name="interview">The address.</param>
    /// <param name="version">The version of the header.</param>
    /// <returns>The verdict, and the reaction that it is based on; null if there is none.</returns>
    public static async Task<(Understanding Understanding, Reaction? Reaction)> JudgeAsync(
        Interview interview,
        ProxyProtocolVersion version)
    {
        var reaction = await interview.HeaderAsync(version);
        if (reaction is null)
        {
            return (Understanding.Gone, null);
        }

        if (reaction.IsRefusal)
        {
            return (Understanding.Refuses, reaction);
        }

        if (reaction.IsMySql)
        {
            return (Understanding.Reads, reaction);
        }

        return await interview.BareAsync() switch
        {
            null => (Understanding.Gone, null),
            { Insists: true } when reaction.HasWords || await ConfirmsAsync(interview, version) => (Understanding.Reads, reaction),
            { Insists: true } => (Understanding.Unknown, reaction),
            { Greets: true } => await JudgePatientlyAsync(interview, version, isGreeter: true),
            _ when reaction.HasWords => (Understanding.Reads, reaction),
            { ToLineFeeds: var lineFeeds } => await JudgeByPayloadAsync(interview, version, lineFeeds is { IsHttp: true }),
        };
    }

    // Silence after V1 is confirmed with V2, because a binary protocol may take V1's letters for the beginning of a message, and also close
    // on line feeds. A server that requires a header reads both versions, or only V2.
    private static async Task<bool> ConfirmsAsync(Interview interview, ProxyProtocolVersion version) =>
        version == ProxyProtocolVersion.V2 || await interview.HeaderAsync(ProxyProtocolVersion.V2) is { IsRefusal: false };

    private static async Task<(Understanding Understanding, Reaction? Reaction)> JudgeByPayloadAsync(
        Interview interview,
        ProxyProtocolVersion version,
        bool isHttp)
    {
        var behind = await interview.PayloadAsync(version, isHttp);
        if (behind is null)
        {
            return (Understanding.Gone, null);
        }

        if (isHttp && behind.IsHttp)
        {
            return (behind.Text.Split(' ', 3) is [_, "400", ..] ? Understanding.Refuses : Understanding.Reads, behind);
        }

        if (behind.IsRefusal && !behind.GreetsFirst)
        {
            return (Understanding.Refuses, behind);
        }

        var other = version == ProxyProtocolVersion.V1 ? ProxyProtocolVersion.V2 : ProxyProtocolVersion.V1;
        if (behind.IsSilent && await interview.HeaderAsync(other) is { IsComplaint: true } complaint)
        {
            // A web server that complains about V2 but not about V1 reads V1: otherwise it would have complained about both. This holds
            // only for HTTP. (IRC ignores unknown lines, and obeys the QUIT in V2's signature.)
            if (version == ProxyProtocolVersion.V2)
            {
                return (Understanding.Refuses, complaint);
            }

            if (complaint.IsHttp)
            {
                return (Understanding.Reads, behind);
            }
        }

        return await JudgePatientlyAsync(interview, version, isGreeter: false);
    }

    // Listens longer, because a slow server may not react to a header within the first half second.
    private static async Task<(Understanding Understanding, Reaction? Reaction)> JudgePatientlyAsync(
        Interview interview,
        ProxyProtocolVersion version,
        bool isGreeter) =>
        await interview.HeaderPatientlyAsync(version) switch
        {
            null => (Understanding.Gone, null),
            { IsRefusal: true } refusal => (Understanding.Refuses, refusal),
            { HasWords: true } greeting when !isGreeter => (Understanding.Reads, greeting),
            var reaction => (Understanding.Unknown, reaction),
        };
}
