using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux.Netfilter;

/// <summary>
/// Changes and reads the nftables of this network namespace through libnftables' JSON interface (libnftables-json(5)). The commands of one
/// call are one transaction, which is executed as a whole or not at all. The library runs in this process, as firewalld does it, for two
/// reasons: a file capability or an ambient capability of this process is enough, but a child process could start without it; and reading
/// counters costs no fork. Safe from any thread; calls wait for each other.
/// </summary>
internal sealed unsafe class Nftables : IDisposable
{
    // Only one call at a time in the whole process, because the library has global state beside its contexts (symbol tables, caches).
    private static readonly Lock Gate = new();
    // Attempts to get a low number, against other threads that open descriptors at the same moment.
    private const int Attempts = 16;

    private nint _context;

    private Nftables(nint context) => _context = context;

    /// <summary>Keeps what a later <see cref="TryOpen"/> needs. To be called before there are connections.</summary>
    public static void Prepare()
    {
        if (OperatingSystem.IsLinux())
        {
            lock (Gate)
            {
                LowNumbers.Keep();
            }
        }
    }

    /// <summary>Opens nftables.</summary>
    /// <param name="nftables">The interface, or null.</param>
    /// <param name="problem">Why nftables cannot be opened, with the cure; empty on success.</param>
    public static bool TryOpen([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Nftables? nftables, out string problem)
    {
        nftables = null;
        if (!OperatingSystem.IsLinux())
        {
            problem = "nftables is Linux's";
            return false;
        }

        try
        {
            lock (Gate)
            {
                nftables = Open(out problem);
                LowNumbers.Keep();
            }
        }
        catch (DllNotFoundException)
        {
            problem = $"{LibNftables.Library} is not installed: "
                + "apt-get install libnftables1 (Debian, Ubuntu), dnf install nftables-libs (Fedora, RHEL), apk add nftables (Alpine)";
        }
        catch (EntryPointNotFoundException missing)
        {
            problem = $"{LibNftables.Library} is too old: {missing.Message} Version 0.9.1 or later is needed.";
        }

        return nftables is not null;
    }

    /// <summary>Executes commands.</summary>
    /// <param name="json">An object with the member <c>nftables</c>, a list of commands.</param>
    public NftResult Run(string json) => Execute(json, isDry: false);

    /// <summary>Lets the kernel check commands (rights, modules and rules) without executing them.</summary>
    /// <param name="json">As for <see cref="Run"/>.</param>
    public NftResult Check(string json) => Execute(json, isDry: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_context != 0)
            {
                LibNftables.nft_ctx_free(_context);
                _context = 0;
                LowNumbers.Keep();
            }
        }
    }

    private NftResult Execute(string json, bool isDry)
    {
        var text = Encoding.UTF8.GetBytes(json + "\0");
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_context == 0, this);
            LibNftables.nft_ctx_set_dry_run(_context, isDry ? (byte)1 : (byte)0);
            fixed (byte* commands = text)
            {
                var result = LibNftables.nft_run_cmd_from_buffer(_context, commands);
                // Both buffers are read each time, because reading empties them.
                var output = Marshal.PtrToStringUTF8((nint)LibNftables.nft_ctx_get_output_buffer(_context)) ?? "";
                var error = Marshal.PtrToStringUTF8((nint)LibNftables.nft_ctx_get_error_buffer(_context)) ?? "";
                return new NftResult(result == 0, output, OneLine(error));
            }
        }
    }

    // The library's socket must have a low number: it waits by select(2).
    private static Nftables? Open(out string problem)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // If the library cannot open this socket, it ends the whole process (exit). So the socket is tried first; its number is the one
            // that the library's gets.
            var number = Netlink.Open(Netlink.Netfilter, isBlocking: true);
            if (number < 0)
            {
                problem = $"this kernel offers no netfilter (a netlink socket gives errno {-number}): "
                    + "it needs CONFIG_NF_TABLES, and a sandbox such as gVisor has none";
                return null;
            }

            _ = LibC.close(number);
            if (number >= LowNumbers.FirstTooHigh && (number = LowNumbers.Release()) < 0)
            {
                break;
            }

            var context = LibNftables.nft_ctx_new(0);
            if (Netlink.Is(number))
            {
                LibNftables.nft_ctx_output_set_flags(context, LibNftables.OutputJson);
                _ = LibNftables.nft_ctx_buffer_output(context);
                _ = LibNftables.nft_ctx_buffer_error(context);
                problem = "";
                return new Nftables(context);
            }

            // Another thread has taken the number.
            LibNftables.nft_ctx_free(context);
        }

        problem = $"{LibNftables.Library} takes descriptors below {LowNumbers.FirstTooHigh} only, and connections have all of them";
        return null;
    }

    private static string OneLine(string error) =>
        string.Join("; ", error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Take(4));
}
