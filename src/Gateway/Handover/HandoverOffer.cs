using System.Runtime.InteropServices;
using Gateway.Linux;

namespace Gateway.Handover;

/// <summary>What a process gives to the process that takes its place.</summary>
/// <param name="Sockets">Descriptors of the listening sockets, which belong to this object.</param>
/// <param name="Table">The nftables table of Dnat routes that this process owns; null: none.</param>
/// <param name="TableLock">The lock of the table, which belongs to the table; null: none.</param>
internal sealed record HandoverOffer(IReadOnlyList<ListeningDescriptor> Sockets, string? Table, SafeHandle? TableLock) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in Sockets)
        {
            socket.Dispose();
        }
    }
}
