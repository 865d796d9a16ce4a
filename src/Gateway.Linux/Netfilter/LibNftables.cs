using System.Runtime.InteropServices;

namespace Gateway.Linux.Netfilter;

/// <summary>
/// The names and types of libnftables (libnftables(3)), and nothing else. The rest of the code calls <see cref="Nftables"/>.
/// </summary>
internal static unsafe partial class LibNftables
{
    /// <summary>The library that Debian's libnftables1 and Fedora's nftables-libs install.</summary>
    internal const string Library = "libnftables.so.1";

    /// <summary>NFT_CTX_OUTPUT_JSON: commands and answers are JSON.</summary>
    internal const uint OutputJson = 1 << 4;

    [LibraryImport(Library)]
    internal static partial nint nft_ctx_new(uint flags);

    [LibraryImport(Library)]
    internal static partial void nft_ctx_free(nint context);

    [LibraryImport(Library)]
    internal static partial void nft_ctx_output_set_flags(nint context, uint flags);

    // A C bool is one byte.
    [LibraryImport(Library)]
    internal static partial void nft_ctx_set_dry_run(nint context, byte isDry);

    [LibraryImport(Library)]
    internal static partial int nft_ctx_buffer_output(nint context);

    [LibraryImport(Library)]
    internal static partial int nft_ctx_buffer_error(nint context);

    [LibraryImport(Library)]
    internal static partial byte* nft_ctx_get_output_buffer(nint context);

    [LibraryImport(Library)]
    internal static partial byte* nft_ctx_get_error_buffer(nint context);

    [LibraryImport(Library)]
    internal static partial int nft_run_cmd_from_buffer(nint context, byte* commands);
}
