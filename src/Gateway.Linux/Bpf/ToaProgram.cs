using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux.Bpf;

/// <summary>
/// Writes and keeps the client's address in a TCP option, through eBPF. The program (toa.bpf.c) is loaded and attached to this process's
/// cgroup for as long as this object lives. When the process ends, for whatever reason, the kernel detaches it. The methods may be called
/// from any thread; each is one call of bpf(2).
/// </summary>
internal sealed class ToaProgram : IDisposable
{
    // The map's descriptor replaces the 64-bit zero that the compiler left (BPF_LD_IMM64 with source register BPF_PSEUDO_MAP_FD).
    private const byte LoadImmediate64 = 0x18;
    private const byte PseudoMapDescriptor = 1 << 4;
    private const int InstructionBytes = 8;

    private readonly FileDescriptor _map;
    private readonly FileDescriptor _link;

    // −1 after Dispose, so that a late reader gets EBADF instead of reading a foreign descriptor.
    private volatile int _mapNumber;

    private ToaProgram(FileDescriptor map, FileDescriptor link)
    {
        (_map, _link) = (map, link);
        _mapNumber = map.Hold();
    }

    /// <summary>Loads and attaches the program. Null: it failed; <paramref name="problem"/> says what is missing, with the cure.</summary>
    internal static ToaProgram? TryAttach(out string problem)
    {
        problem = "";
        if (!OperatingSystem.IsLinux())
        {
            problem = "is available on Linux only";
            return null;
        }

        if (OwnCgroup.FindFolder() is not { } folder)
        {
            problem =
                "needs a cgroup v2 to attach its program to: mount one (mount -t cgroup2 none /sys/fs/cgroup), or start the container "
                    + "with its cgroup visible";
            return null;
        }

        var result = TryAttach(folder, out var step, out var program);
        if (result < 0)
        {
            problem = Explain(step, -result, folder);
        }

        return program;
    }

    /// <summary>
    /// To be called before a socket connects: sets the option that its SYN, the ACK of the handshake and its first data carry. Returns 0 or
    /// −errno.
    /// </summary>
    internal int Write(int socket, ReadOnlySpan<byte> option) => BpfCalls.Update(_mapNumber, socket, ToaRecord.ToWrite(option));

    /// <summary>To be called after connect(2): whether the program has run, and the SYN had room for the option.</summary>
    internal bool IsWritten(int socket) => BpfCalls.LookUp<ToaRecord>(_mapNumber, socket, out var record) >= 0 && record.IsSent;

    /// <summary>Sets for a listening socket the segments whose options are kept for each connection. Returns 0 or −errno.</summary>
    internal int Keep(int listener, ToaSegments segments) => BpfCalls.Update(_mapNumber, listener, ToaRecord.ToRead(segments));

    /// <summary>Reads the options of exactly one segment of an accepted connection, as they arrived; 0 bytes if there are none.</summary>
    internal int Read(int socket, ToaSegments segment, Span<byte> options) =>
        BpfCalls.LookUp<ToaRecord>(_mapNumber, socket, out var record) >= 0 ? record.CopyOptions(segment, options) : 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_link.IsClosed)
        {
            _mapNumber = -1;
            _link.Dispose();
            _map.Release();
            _map.Dispose();
        }
    }

    /// <summary>Puts a map's descriptor into the instructions. False: the instructions have no place for it.</summary>
    internal static bool Relocate(Span<byte> instructions, int map)
    {
        var isFound = false;
        for (var at = 0; at + (2 * InstructionBytes) <= instructions.Length; at += InstructionBytes)
        {
            if (instructions[at] != LoadImmediate64)
            {
                continue;
            }

            var immediate = MemoryMarshal.Cast<byte, int>(instructions[at..]);
            if (immediate[1] == 0 && immediate[3] == 0 && instructions[at + 1] >> 4 == 0)
            {
                instructions[at + 1] |= PseudoMapDescriptor;
                immediate[1] = map;
                isFound = true;
            }

            at += InstructionBytes;
        }

        return isFound;
    }

    private static int TryAttach(string folder, out string step, out ToaProgram? program)
    {
        program = null;
        step = "BPF_BTF_LOAD";
        var result = BpfCalls.LoadTypes(ToaRecord.Size);
        if (result < 0)
        {
            return result;
        }

        using var types = new FileDescriptor(result);
        step = "BPF_MAP_CREATE";
        result = BpfCalls.CreateSocketStorage(ToaRecord.Size, result);
        if (result < 0)
        {
            return result;
        }

        var map = new FileDescriptor(result);
        step = "BPF_PROG_LOAD";
        result = Load(result);
        if (result >= 0)
        {
            // From BPF_LINK_CREATE on, the link keeps the program loaded.
            using var loaded = new FileDescriptor(result);
            step = "BPF_LINK_CREATE";
            result = Attach(result, folder, ref step);
        }

        if (result < 0)
        {
            map.Dispose();
            return result;
        }

        program = new ToaProgram(map, new FileDescriptor(result));
        return 0;
    }

    private static int Load(int map)
    {
        using var resource = typeof(ToaProgram).Assembly.GetManifestResourceStream("toa.bpf.bin")
            ?? throw new InvalidOperationException("toa.bpf.bin is not embedded in this assembly.");
        var instructions = new byte[resource.Length];
        resource.ReadExactly(instructions);
        return Relocate(instructions, map)
            ? BpfCalls.LoadProgram(instructions, "Dual MIT/GPL\0"u8, [])
            : throw new InvalidOperationException("toa.bpf.bin has no place for its map.");
    }

    private static int Attach(int program, string folder, ref string step)
    {
        var opened = Syscalls.OpenFolder(folder);
        if (opened < 0)
        {
            step = $"opening {folder}";
            return opened;
        }

        using var cgroup = new FileDescriptor(opened);
        return BpfCalls.AttachToCgroup(program, opened);
    }

    private static string Explain(string step, int errno, string folder)
    {
        var rights = ProcessRights.Read();
        if (errno is Errno.EPERM or Errno.EACCES && !rights.MayUseBpf)
        {
            var missing = new StringBuilder();
            foreach (var (name, isThere) in (ReadOnlySpan<(string, bool)>)
                    [("BPF", rights.Bpf), ("PERFMON", rights.PerfMon), ("NET_ADMIN", rights.NetAdmin)])
            {
                missing.Append(isThere ? "" : missing.Length == 0 ? name : $", {name}");
            }

            return "needs the capabilities BPF, PERFMON and NET_ADMIN (or SYS_ADMIN), to load its eBPF program; "
                + $"this process lacks {missing}. "
                + "Kubernetes: securityContext.capabilities.add: [\"BPF\", \"PERFMON\", \"NET_ADMIN\"] and runAsUser: 0; Docker: "
                + "--cap-add for each; "
                + "systemd: AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_NET_ADMIN";
        }

        return errno switch
        {
            Errno.EPERM or Errno.EACCES =>
                $"was refused by the kernel at {step} (error {errno}) although the capabilities are there: a security module or a "
                    + $"seccomp profile "
                    + "stands in the way (Docker: --security-opt seccomp=…, allow bpf), another program is attached to the cgroup or "
                    + "one above it for itself alone, "
                    + "or the limit of locked memory (ulimit -l) is too low for a kernel before 5.11",
            Errno.ENOSYS or Errno.EINVAL =>
                $"needs Linux 5.10 or later with CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF: {step} is not known here (error {errno})",
            _ => $"could not attach its eBPF program to the cgroup {folder}: {step} failed with error {errno}",
        };
    }
}
