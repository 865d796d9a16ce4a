using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Interception;

/// <summary>
/// Runs the programs that change a host's rules: nft, iptables, ip. Their names are constants; what comes from configuration goes in by
/// standard input.
/// </summary>
internal static class HostProgram
{
    /// <summary>
    /// Where programs are looked for: where packages put them. Neither PATH nor the working directory, in which .NET looks first: whoever
    /// can write there would have their program run with the gateway's rights. (The last: NixOS.)
    /// </summary>
    private static readonly string[] Folders =
    [
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/run/current-system/sw/bin",
    ];

    // Each of these takes milliseconds; a netfilter lock held by somebody else (iptables -w) is the only wait.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A shell's test whether IPv6 is there to be configured: pods of IPv4 clusters often have it switched off, and no route can then be
    /// added on lo.
    /// </summary>
    public const string HasIPv6Test = "[ \"$(cat " + IPv6Switch + " 2>/dev/null)\" = 0 ]";

    private const string IPv6Switch = "/proc/sys/net/ipv6/conf/lo/disable_ipv6";

    /// <summary>The families that something of ours may be left of.</summary>
    public static IReadOnlyList<AddressFamily> AllFamilies { get; } = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    /// <summary>The families to configure.</summary>
    public static IReadOnlyList<AddressFamily> Families =>
        HasIPv6() ? [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6] : [AddressFamily.InterNetwork];

    /// <summary>The option of <c>ip</c> for a family.</summary>
    public static string IpOption(AddressFamily family) => family == AddressFamily.InterNetwork ? "-4" : "-6";

    /// <summary>The name of a program of iptables for a family, with its ending.</summary>
    public static string Iptables(AddressFamily family, string ending) =>
        (family == AddressFamily.InterNetwork ? "iptables" : "ip6tables") + ending;

    /// <summary>Runs a program to its end.</summary>
    /// <param name="name">Its name, looked for in <see cref="Folders"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>What it printed and how it ended; null if it is not installed.</returns>
    public static async Task<HostProgramResult?> TryRunAsync(string name, IReadOnlyList<string> arguments, string input = "")
    {
        if (Find(name) is not { } path)
        {
            return null;
        }

        var info = new ProcessStartInfo(path, arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // For what it starts itself.
        info.Environment["PATH"] = string.Join(':', Folders);
        Process? started;
        try
        {
            started = Process.Start(info);
        }
        catch (Win32Exception)
        {
            return null;
        }

        using var process = started!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await WriteAsync(process, input);
            await process.WaitForExitAsync(limit.Token);
            return new HostProgramResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new HostProgramResult(-1, "", $"{name} did not end within {Limit.TotalSeconds} s");
        }
    }

    /// <summary>Runs a program that has to succeed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="RedirectException">It is not installed, or failed.</exception>
    public static async Task<string> RunAsync(string name, IReadOnlyList<string> arguments, string input = "")
    {
        var result = await TryRunAsync(name, arguments, input)
            ?? throw new RedirectException(
                $"{name} is not installed (packages nftables, iptables, iproute2; looked for in {string.Join(", ", Folders)}); "
                + "\"redirect show\" prints a script for another place");
        if (result.ExitCode == 0)
        {
            return result.Output;
        }

        var isDenied =
            result.Error.Contains("not permitted", StringComparison.OrdinalIgnoreCase)
            || result.Error.Contains("denied", StringComparison.OrdinalIgnoreCase);
        throw new RedirectException(
            $"{name} {string.Join(' ', arguments)}: {result.Error.Trim()}" + (isDenied ? " (needs the capability NET_ADMIN)" : ""));
    }

    /// <summary>The absolute path of an installed program; null: there is none.</summary>
    internal static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static bool HasIPv6() => File.Exists(IPv6Switch) && File.ReadAllText(IPv6Switch).Trim() == "0";

    private static async Task WriteAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it; its exit code says why.
        }
    }
}
