using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux.Netfilter;

/// <summary>
/// Changes and reads this network namespace's nftables through libnftables' JSON interface (libnftables-json(5)): what one call brings is
/// one transaction, carried out as a whole or not at all. In the process, as firewalld does it: a file capability or an ambient one of ours
/// is enough, where a child process would start without; and reading counters costs no fork. Safe from any thread; calls wait for each
/// other.
/// </summary>
public sealed unsafe class Nftables : IDisposable
{
    // The library has state of its own beside its contexts (symbol tables, caches): one call at a time in the whole process.
    private static readonly Lock Gate = new();
    private nint _context;

    private Nftables(nint context) => _context = context;

    /// <summary>Opens it.</summary>
    /// <param name="nftables">The interface, or null.</param>
    /// <param name="problem">Why not, with the cure; empty if it is open.</param>
    public static bool TryOpen([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Nftables? nftables, out string problem)
    {
        nftables = null;
        if (!OperatingSystem.IsLinux())
        {
            problem = "nftables is Linux's";
            return false;
        }

        // The library ends the whole process (exit) when it cannot have this socket, so ask first.
        var probe = Netlink.Open(Netlink.Netfilter, isBlocking: true);
        if (probe < 0)
        {
            problem = $"this kernel offers no netfilter (a netlink socket gives errno {-probe}): "
                + "it needs CONFIG_NF_TABLES, and a sandbox such as gVisor has none";
            return false;
        }

        _ = LibC.close(probe);
        try
        {
            lock (Gate)
            {
                var context = LibNftables.nft_ctx_new(0);
                LibNftables.nft_ctx_output_set_flags(context, LibNftables.OutputJson);
                _ = LibNftables.nft_ctx_buffer_output(context);
                _ = LibNftables.nft_ctx_buffer_error(context);
                nftables = new Nftables(context);
            }
        }
        catch (DllNotFoundException)
        {
            problem = $"{LibNftables.Library} is not installed: "
                + "apt-get install libnftables1 (Debian, Ubuntu), dnf install nftables-libs (Fedora, RHEL), apk add nftables (Alpine)";
            return false;
        }
        catch (EntryPointNotFoundException missing)
        {
            problem = $"{LibNftables.Library} is too old: {missing.Message} Version 0.9.1 or later is needed.";
            return false;
        }

        problem = "";
        return true;
    }

    /// <summary>Carries commands out.</summary>
    /// <param name="json">An object with the member <c>nftables</c>, a list of commands.</param>
    public NftResult Run(string json) => Execute(json, isDry: false);

    /// <summary>Has the kernel check commands without carrying them out: rights, modules and rules.</summary>
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
                // Both buffers are read each time: reading empties them.
                var output = Marshal.PtrToStringUTF8((nint)LibNftables.nft_ctx_get_output_buffer(_context)) ?? "";
                var error = Marshal.PtrToStringUTF8((nint)LibNftables.nft_ctx_get_error_buffer(_context)) ?? "";
                return new NftResult(result == 0, output, OneLine(error));
            }
        }
    }

    private static string OneLine(string error) =>
        string.Join("; ", error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Take(4));
}
