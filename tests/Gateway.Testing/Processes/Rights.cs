using System.Net.Sockets;
using Xunit;

namespace Gateway.Testing.Processes;

/// <summary>What this process may do; tests that need more are skipped with the reason.</summary>
public static class Rights
{
    /// <summary>Skips the test unless eBPF programs can be loaded: CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, or CAP_SYS_ADMIN.</summary>
    public static void RequireBpf()
    {
        var effective = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith("CapEff:", StringComparison.Ordinal))
            : null;
        var bits = effective is null ? 0 : Convert.ToUInt64(effective[7..].Trim(), 16);
        const ulong bpfPerfMonNetAdmin = 1UL << 39 | 1UL << 38 | 1UL << 12;
        if ((bits & bpfPerfMonNetAdmin) != bpfPerfMonNetAdmin)
        {
            Assert.Skip("eBPF needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.");
        }
    }

    /// <summary>Skips the test unless IP_TRANSPARENT may be set.</summary>
    public static void RequireTransparent()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(0, 19, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            Assert.Skip("transparent mode needs CAP_NET_RAW or CAP_NET_ADMIN.");
        }
    }
}
