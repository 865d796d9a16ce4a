using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The last descriptors of the process, which no client and no destination gets. A .NET process that has no descriptor left for a file or
/// an assembly can end ("Out of memory.", about once in ten floods). The cap on connections does not prevent that, because it does not
/// count every open descriptor (for example, HTTP clients' idle connections). The kernel gives out the lowest free number, so the number of
/// a new descriptor shows how many are in use.
/// </summary>
public static class DescriptorReserve
{
    // 64 for the configuration file, name servers, scrapes and assemblies (a few at a time), and 32 each for connections to Probes and to
    // Admin. If the limit itself is small, the reserve is a sixteenth of the limit.
    private const int Reserved = 128;

    private static readonly long? Limit = DescriptorLimit.Read();
    private static readonly long First = FirstOf(Limit);

    /// <summary>The most connections that Probes and Admin may have each: a quarter of the reserve.</summary>
    public static int ConnectionsOfProbes { get; } = ConnectionsOfProbesUnder(Limit);

    /// <summary>Whether a new socket has one of the last descriptors. Then close it, as if the kernel had reported EMFILE.</summary>
    public static bool Holds(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return OperatingSystem.IsLinux() && Holds((int)socket.Handle);
    }

    /// <summary>Whether a descriptor is one of the last.</summary>
    internal static bool Holds(int fd) => fd >= First;

    /// <summary>The first descriptor that is reserved under a limit.</summary>
    internal static long FirstOf(long? limit) => limit is { } most ? most - SizeUnder(most) : long.MaxValue;

    /// <summary><see cref="ConnectionsOfProbes"/> under a limit.</summary>
    internal static int ConnectionsOfProbesUnder(long? limit) => (int)Math.Max(2, SizeUnder(limit ?? long.MaxValue) / 4);

    private static long SizeUnder(long limit) => Math.Min(Reserved, limit / 16);
}
