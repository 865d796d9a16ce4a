using System.Globalization;

namespace Gateway.Linux;

/// <summary>The capabilities of this process, as the kernel reports them in /proc/self/status.</summary>
/// <param name="NetAdmin">CAP_NET_ADMIN is effective.</param>
/// <param name="NetRaw">CAP_NET_RAW is effective.</param>
/// <param name="NetBindService">CAP_NET_BIND_SERVICE is effective: ports below 1024.</param>
public readonly record struct ProcessRights(bool NetAdmin, bool NetRaw, bool NetBindService)
{
    // include/uapi/linux/capability.h
    private const int CapNetBindService = 10;
    private const int CapNetAdmin = 12;
    private const int CapNetRaw = 13;
    private const int CapSysAdmin = 21;
    private const int CapPerfMon = 38;
    private const int CapBpf = 39;

    /// <summary>CAP_BPF is effective.</summary>
    public bool Bpf { get; private init; }

    /// <summary>CAP_PERFMON is effective.</summary>
    public bool PerfMon { get; private init; }

    /// <summary>
    /// CAP_SYS_ADMIN is effective. It includes <see cref="Bpf"/> and <see cref="PerfMon"/>, and NET_ADMIN where bpf(2) needs it.
    /// </summary>
    public bool SysAdmin { get; private init; }

    /// <summary>Whether eBPF programs that touch packets can be loaded and attached to a cgroup.</summary>
    public bool MayUseBpf => SysAdmin || (Bpf && PerfMon && NetAdmin);

    /// <summary>Reads the capabilities; none if the file cannot be read (other systems).</summary>
    public static ProcessRights Read()
    {
        const string Prefix = "CapEff:";
        if (!OperatingSystem.IsLinux())
        {
            return default;
        }

        try
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith(Prefix, StringComparison.Ordinal)
                    && ulong.TryParse(line.AsSpan(Prefix.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
                )
                {
                    return new ProcessRights(Has(bits, CapNetAdmin), Has(bits, CapNetRaw), Has(bits, CapNetBindService))
                    {
                        Bpf = Has(bits, CapBpf),
                        PerfMon = Has(bits, CapPerfMon),
                        SysAdmin = Has(bits, CapSysAdmin),
                    };
                }
            }
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }

        return default;
    }

    private static bool Has(ulong bits, int capability) => (bits >> capability & 1) != 0;
}
