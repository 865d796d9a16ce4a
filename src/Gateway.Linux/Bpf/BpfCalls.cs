using System.Runtime.InteropServices;

namespace Gateway.Linux.Bpf;

/// <summary>
/// The commands of bpf(2) that <see cref="ToaProgram"/> needs. Each method fills one variant of union bpf_attr (include/uapi/linux/bpf.h)
/// and returns the kernel's result, or −errno. libbpf is not used, because one program with one map needs neither its relocations nor its
/// ELF reader, and small images do not have it.
/// </summary>
internal static unsafe class BpfCalls
{
    private const int CommandCreateMap = 0;
    private const int CommandLookUp = 1;
    private const int CommandUpdate = 2;
    private const int CommandLoadProgram = 5;
    private const int CommandLoadTypes = 18;
    private const int CommandCreateLink = 28;

    private const uint MapTypeSocketStorage = 24;
    private const uint MapNoPreallocation = 1;
    private const uint MapClone = 0x200;
    private const uint ProgramTypeSockOps = 13;
    private const uint AttachSockOps = 3;

    private static readonly nint Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 or Architecture.LoongArch64 or Architecture.RiscV64 => 280,
        _ => -1,
    };

    /// <summary>
    /// Describes a map of int → unsigned int[<paramref name="valueBytes"/> / 4] in BTF (Documentation/bpf/btf.rst), because socket storage
    /// requires this description.
    /// </summary>
    internal static int LoadTypes(int valueBytes)
    {
        ReadOnlySpan<byte> names = "\0u32\0"u8;
        const int HeaderBytes = 24;
        const int TypeBytes = 16 + 24;
        Span<byte> types = stackalloc byte[HeaderBytes + TypeBytes + names.Length];
        types.Clear();
        var words = MemoryMarshal.Cast<byte, uint>(types[..(HeaderBytes + TypeBytes)]);
        // Magic and version; header length; offset and length of the types; offset and length of the names.
        (words[0], words[1], words[2], words[3], words[4], words[5]) = (
            0x0001_EB9F,
            HeaderBytes,
            0,
            TypeBytes,
            TypeBytes,
            (uint)names.Length);
        // Type 1: an integer (kind 1) of 4 bytes and 32 bits, called u32.
        (words[6], words[7], words[8], words[9]) = (1, 1 << 24, 4, 32);
        // Type 2: an array (kind 3) of type 1, indexed by type 1.
        (words[10], words[11], words[12], words[13], words[14], words[15]) = (0, 3 << 24, 0, 1, 1, (uint)valueBytes / 4);
        names.CopyTo(types[(HeaderBytes + TypeBytes)..]);
        fixed (byte* pointer = types)
        {
            var attributes = new Attributes();
            attributes.Long(0, (ulong)pointer);
            attributes.Int(16, (uint)types.Length);
            return Call(CommandLoadTypes, ref attributes, 28);
        }
    }

    /// <summary>
    /// Makes a map whose values live in sockets. The kernel copies them from a listening socket to its accepted sockets, and frees them
    /// with the socket.
    /// </summary>
    internal static int CreateSocketStorage(int valueBytes, int types)
    {
        var attributes = new Attributes();
        attributes.Int(0, MapTypeSocketStorage);
        attributes.Int(4, sizeof(int));
        attributes.Int(8, (uint)valueBytes);
        attributes.Int(16, MapNoPreallocation | MapClone);
        attributes.Name(28, "toa"u8);
        attributes.Int(48, (uint)types);
        attributes.Int(52, 1);
        attributes.Int(56, 2);
        return Call(CommandCreateMap, ref attributes, 60);
    }

    /// <summary>
    /// Loads a sock_ops program. If <paramref name="log"/> has room, the verifier writes there why it refuses (a zero-terminated text).
    /// </summary>
    internal static int LoadProgram(ReadOnlySpan<byte> instructions, ReadOnlySpan<byte> license, Span<byte> log)
    {
        fixed (byte* code = instructions)
        fixed (byte* terms = license)
        fixed (byte* text = log)
        {
            var attributes = new Attributes();
            attributes.Int(0, ProgramTypeSockOps);
            attributes.Int(4, (uint)instructions.Length / 8);
            attributes.Long(8, (ulong)code);
            attributes.Long(16, (ulong)terms);
            if (!log.IsEmpty)
            {
                attributes.Int(24, 1);
                attributes.Int(28, (uint)log.Length);
                attributes.Long(32, (ulong)text);
            }

            attributes.Name(48, "toa"u8);
            return Call(CommandLoadProgram, ref attributes, 64);
        }
    }

    /// <summary>
    /// Attaches a program to a cgroup, beside other programs. The kernel detaches it when the returned descriptor is closed.
    /// </summary>
    internal static int AttachToCgroup(int program, int cgroup)
    {
        var attributes = new Attributes();
        attributes.Int(0, (uint)program);
        attributes.Int(4, (uint)cgroup);
        attributes.Int(8, AttachSockOps);
        return Call(CommandCreateLink, ref attributes, 16);
    }

    /// <summary>Sets the value of a socket.</summary>
    internal static int Update<T>(int map, int socket, in T value)
        where T : unmanaged
    {
        fixed (T* pointer = &value)
        {
            return Element(CommandUpdate, map, socket, pointer);
        }
    }

    /// <summary>Reads the value of a socket; −ENOENT if it has none.</summary>
    internal static int LookUp<T>(int map, int socket, out T value)
        where T : unmanaged
    {
        value = default;
        fixed (T* pointer = &value)
        {
            return Element(CommandLookUp, map, socket, pointer);
        }
    }

    private static int Element(int command, int map, int socket, void* value)
    {
        var attributes = new Attributes();
        attributes.Int(0, (uint)map);
        attributes.Long(8, (ulong)&socket);
        attributes.Long(16, (ulong)value);
        return Call(command, ref attributes, 32);
    }

    private static int Call(int command, ref Attributes attributes, int length)
    {
        if (Number < 0)
        {
            return -Errno.ENOSYS;
        }

        fixed (Attributes* pointer = &attributes)
        {
            var result = LibC.syscall(Number, command, pointer, length);
            return result >= 0 ? (int)result : -Marshal.GetLastSystemError();
        }
    }

    /// <summary>union bpf_attr, as bytes at the offsets of its variants.</summary>
    private struct Attributes
    {
        private const int Size = 64;

        private fixed byte _bytes[Size];

        internal void Int(int offset, uint value) => MemoryMarshal.Write(MemoryMarshal.CreateSpan(ref _bytes[offset], sizeof(uint)), value);

        internal void Long(int offset, ulong value) =>
            MemoryMarshal.Write(MemoryMarshal.CreateSpan(ref _bytes[offset], sizeof(ulong)), value);

        internal void Name(int offset, ReadOnlySpan<byte> name) => name.CopyTo(MemoryMarshal.CreateSpan(ref _bytes[offset], Size - offset));
    }
}
