using System.Globalization;

namespace Gateway.Linux;

/// <summary>What this process may do, as the kernel tells it in /proc/self/status.</summary>
/// <param name="NetAdmin">CAP_NET_ADMIN is effective.</param>
/// <param name="NetRaw">CAP_NET_RAW is effective.</param>
/// <param name="NetBindService">CAP_NET_BIND_SERVICE is effective: ports below 1024.</param>
public readonly record struct ProcessRights(bool NetAdmin, bool NetRaw, bool NetBindService)
{
    // include/uapi/linux/capability.h
    private const int CapNetBindService = 10;
    private const int CapNetAdmin = 12;
    private const int CapNetRaw = 13;

    /// <summary>Reads them; nothing is granted where the file cannot be read (other systems).</summary>
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
                    && ulong.TryParse(line.AsSpan(Prefix.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits))
                {
                    return new ProcessRights(Has(bits, CapNetAdmin), Has(bits, CapNetRaw), Has(bits, CapNetBindService));
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
