using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The last descriptors of the process, which no connection gets: a .NET process that has none at all for a file or an assembly can end ("Out of memory.", about once in ten floods). The cap on
/// connections cannot know of all that is open (HTTP clients' idle connections, say). The kernel gives out the lowest free number, so that a number is a gauge of how many are in use.
/// </summary>
internal static class DescriptorReserve
{
    // For the configuration file, name servers, scrapes, assemblies: a few at a time. A sixteenth where the limit itself is small.
    private const int Reserved = 64;

    private static readonly long First = FirstOf(DescriptorLimit.Read());

    /// <summary>Whether a new descriptor is one of the last: it is to be closed, as if the kernel had said EMFILE.</summary>
    internal static bool Holds(int fd) => fd >= First;

    /// <summary>The first descriptor that is reserved under a limit.</summary>
    internal static long FirstOf(long? limit) => limit is { } most ? most - Math.Min(Reserved, most / 16) : long.MaxValue;
}
