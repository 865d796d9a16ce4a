using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Interception;

/// <summary>
/// Runs the programs that change a host's rules: nft, iptables, ip. Their names are constants. Values from the configuration are passed by
/// standard input.
/// </summary>
internal static class HostProgram
{
    /// <summary>
    /// The folders in which packages install programs. PATH and the working directory, where .NET looks first, are not used, because
    /// a program that another user has put there would run with the gateway's rights. (The last folder is that of NixOS.)
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

    // The programs take milliseconds. The only wait is for a netfilter lock that another program holds (iptables -w).
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A shell test whether IPv6 can be configured. Pods of IPv4 clusters often have IPv6 switched off, and then no route can be added on
    /// lo.
    /// </summary>
    public const string HasIPv6Test = "[ \"$(cat " + IPv6Switch + " 2>/dev/null)\" = 0 ]";

    private const string IPv6Switch = "/proc/sys/net/ipv6/conf/lo/disable_ipv6";

    /// <summary>The families that may have rules of ours from an earlier run.</summary>
    public static IReadOnlyList<AddressFamily> AllFamilies { get; } = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    /// <summary>The families to configure.</summary>
    public static IReadOnlyList<AddressFamily> Families =>
        HasIPv6() ? [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6] : [AddressFamily.InterNetwork];

    /// <summary>The option of <c>ip</c> for a family.</summary>
    public static string IpOption(AddressFamily family) => family == AddressFamily.InterNetwork ? "-4" : "-6";

    /// <summary>The name of an iptables program for a family, with an ending such as -save.</summary>
    public static string Iptables(AddressFamily family, string ending) =>
        (family == AddressFamily.InterNetwork ? "iptables" : "ip6tables") + ending;

    /// <summary>Runs a program to its end.</summary>
    /// <param name="name">The program's name, looked for in <see cref="Folders"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>The output and the exit code; null if the program is not installed.</returns>
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
        // PATH is for programs that this program starts.
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
            await WriteAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new HostProgramResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new HostProgramResult(-1, "", $"{name} did not end within {Limit.TotalSeconds} s");
        }
    }

    /// <summary>Runs a program that must succeed.</summary>
    /// <param name="name">The program's name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>The standard output.</returns>
    /// <exception cref="RedirectException">The program is not installed, or failed.</exception>
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

    /// <summary>The absolute path of a program; null if it is not installed.</summary>
    internal static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static bool HasIPv6() => File.Exists(IPv6Switch) && File.ReadAllText(IPv6Switch).Trim() == "0";

    private static async Task WriteAsync(Process process, string input, CancellationToken limit)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), limit);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended before it read all input; its exit code says why.
        }
    }
}
