using Gateway.Linux;
using Gateway.Linux.Bpf;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// TCP options of accepted connections, on sockets of any owner. TCP_SAVE_SYN keeps those of the SYN; <see cref="ToaProgram"/> keeps those
/// of other segments.
/// </summary>
internal static class KeptOptions
{
    /// <summary>
    /// Makes a listening socket keep options. To be called before listen, because connections inherit the setting, and the first
    /// connections would miss a later setting. Without the program only the options of the SYN are kept; the caller has decided before
    /// whether that is enough. Returns 0 or −errno.
    /// </summary>
    internal static int Keep(int listener, OptionCarriers carriers, ToaProgram? toa)
    {
        var result = (carriers & OptionCarriers.Syn) != 0 ? Syscalls.SetOption(listener, SocketOption.SaveSyn, 1) : 0;
        var ack = (carriers & OptionCarriers.Ack) != 0 ? ToaSegments.Ack : ToaSegments.None;
        var data = (carriers & OptionCarriers.Data) != 0 ? ToaSegments.Data : ToaSegments.None;
        var segments = ack | data;
        return result < 0 || segments == ToaSegments.None || toa is null ? result : toa.Keep(listener, segments);
    }

    /// <summary>Reads the options of one segment of an accepted connection. Returns the number of bytes; 0: none.</summary>
    internal static int Read(int connection, OptionCarriers carrier, ToaProgram? toa, Span<byte> options)
    {
        if (carrier != OptionCarriers.Syn)
        {
            return toa?.Read(connection, carrier == OptionCarriers.Ack ? ToaSegments.Ack : ToaSegments.Data, options) ?? 0;
        }

        Span<byte> headers = stackalloc byte[SynHeaders.MaxBytes];
        var length = Syscalls.GetOption(connection, SocketOption.SavedSyn, headers);
        var found = SynHeaders.OptionsOf(headers[..Math.Max(0, length)]);
        found = found[..Math.Min(found.Length, options.Length)];
        found.CopyTo(options);
        return found.Length;
    }
}
