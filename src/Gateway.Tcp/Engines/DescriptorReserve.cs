using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The last descriptors of the process, which no client and no destination gets: a .NET process that has none at all for a file or an
/// assembly can end ("Out of memory.", about once in ten floods). The cap on connections cannot know of all that is open (HTTP clients'
/// idle connections, say). The kernel gives out the lowest free number, so that a number is a gauge of how many are in use.
/// </summary>
public static class DescriptorReserve
{
    // 64 for the configuration file, name servers, scrapes, assemblies, a few at a time, and 32 each for connections to Probes and Admin. A
    // sixteenth where the limit itself is small.
    private const int Reserved = 128;

    private static readonly long? Limit = DescriptorLimit.Read();
    private static readonly long First = FirstOf(Limit);

    /// <summary>How many connections Probes and Admin may each have: a quarter of the reserve.</summary>
    public static int ConnectionsOfProbes { get; } = ConnectionsOfProbesUnder(Limit);

    /// <summary>Whether a new socket has one of the last descriptors: it is to be closed, as if the kernel had said EMFILE.</summary>
    public static bool Holds(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return OperatingSystem.IsLinux() && Holds((int)socket.Handle);
    }

    /// <summary>The same, of a descriptor.</summary>
    internal static bool Holds(int fd) => fd >= First;

    /// <summary>The first descriptor that is reserved under a limit.</summary>
    internal static long FirstOf(long? limit) => limit is { } most ? most - SizeUnder(most) : long.MaxValue;

    /// <summary><see cref="ConnectionsOfProbes"/> under a limit.</summary>
    internal static int ConnectionsOfProbesUnder(long? limit) => (int)Math.Max(2, SizeUnder(limit ?? long.MaxValue) / 4);

    private static long SizeUnder(long limit) => Math.Min(Reserved, limit / 16);
}
