using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Linux.Bpf;
using Gateway.Testing;
using Gateway.Testing.Processes;

namespace Gateway.Tests.Linux.Bpf;

/// <summary>The program that is checked in beside its source, and what is done to it before it is loaded.</summary>
public sealed class ToaProgramTests
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "src", "Gateway.Linux", "Bpf");

    [Fact]
    public void Binary_CheckedIn_IsThatOfTheSource()
    {
        // Whoever changes toa.bpf.c runs build.sh, which needs clang; building the gateway does not.
        var notes = Notes(Folder);

        Assert.Equal(notes["source"], Sha256("toa.bpf.c"));
        Assert.Equal(notes["binary"], Sha256("toa.bpf.bin"));
    }

    [Fact]
    public async Task Binary_BuiltAgainBySameCompiler_IsTheSame()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("clang is run on Linux only.");
        }

        var notes = Notes(Folder);
        var clang = Path.Combine("/usr/bin", $"clang-{notes["clang"].Split('.')[0]}");
        if (!File.Exists(clang) || !File.Exists("/usr/bin/llvm-objcopy") || !File.Exists("/usr/include/linux/bpf.h"))
        {
            Assert.Skip($"{clang}, llvm-objcopy and linux/bpf.h are not all here.");
        }

        using var folder = new TemporaryFolder();
        (await ProcessRunner.RunAsync(
            [Path.Combine(Folder, "build.sh"), folder.Path], environment: new Dictionary<string, string> { ["CLANG"] = clang })).RequireSuccess();
        var built = Notes(folder.Path);

        Assert.SkipUnless(built["clang"] == notes["clang"], $"clang is {built["clang"]} here, the binary was built by {notes["clang"]}");
        Assert.Equal(notes["binary"], built["binary"]);
    }

    [Fact]
    public void Relocate_Instructions_PutsTheMapWhereAZeroIsLoaded()
    {
        var code = File.ReadAllBytes(Path.Combine(Folder, "toa.bpf.bin"));
        var before = code.ToArray();

        Assert.True(ToaProgram.Relocate(code, 0x1234));

        // Of 16 bytes two places change: the source register, and the low half of the immediate.
        var at = Enumerable.Range(0, code.Length).Where(index => code[index] != before[index]).ToArray();
        Assert.Equal(3, at.Length);
        Assert.Equal(0x18, code[at[0] - 1]);
        Assert.Equal((1, 0x34, 0x12), (code[at[0]] >> 4, code[at[1]], code[at[2]]));
    }

    [Fact]
    public void IsWritten_OptionsFillTheSyn_IsFalse()
    {
        Rights.RequireBpf();
        using var program = ToaProgram.TryAttach(out var problem);
        Assert.True(program is not null, problem);
        byte[] option = [253, 20, .. new byte[18]];

        // 20 bytes of our option fill the SYN. Asking for a fast-open cookie takes 2 of them (TCP_FASTOPEN_CONNECT).
        Assert.True(Connect(option, fastOpen: false));
        Assert.False(Connect(option, fastOpen: true));
        Assert.True(Connect(option[..8], fastOpen: true));

        bool Connect(byte[] option, bool fastOpen)
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.SetRawSocketOption(6, 30, BitConverter.GetBytes(fastOpen ? 1 : 0));
            var fd = (int)client.Handle;
            Assert.Equal(0, program.Write(fd, [option[0], (byte)option.Length, .. option[2..]]));
            Assert.False(program.IsWritten(fd));
            client.Connect(listener.LocalEndPoint!);
            return program.IsWritten(fd);
        }
    }

    [Fact]
    public void Relocate_NothingToFill_IsFalse() => Assert.False(ToaProgram.Relocate(new byte[64], 7));

    [Theory]
    [InlineData("/", "/sys/fs/cgroup", "/", "/sys/fs/cgroup/")]
    [InlineData("/kubepods/pod1/c1", "/sys/fs/cgroup", "/", "/sys/fs/cgroup/kubepods/pod1/c1")]
    [InlineData("/docker/c1", "/sys/fs/cgroup", "/docker/c1", "/sys/fs/cgroup")]
    [InlineData("/docker/c1/inner", "/sys/fs/cgroup", "/docker/c1", "/sys/fs/cgroup/inner")]
    [InlineData("/docker/c12", "/sys/fs/cgroup/unified", "/docker/c1", "/sys/fs/cgroup/unified/docker/c12")]
    public void FindFolders_CgroupAndMount_AreJoined(string cgroup, string mountPoint, string root, string expected) => Assert.Equal(
        [expected],
        OwnCgroup.FindFolders(
            ["4:memory:/elsewhere", $"0::{cgroup}"],
            ["24 1 8:1 / / rw - ext4 /dev/sda1 rw", $"30 24 0:26 {root} {mountPoint} rw,nosuid shared:9 - cgroup2 cgroup2 rw"]));

    [Fact]
    public void FindFolders_OnlyVersion1OrOutsideOfTheNamespace_AreNone()
    {
        string[] mounts = ["30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"];

        Assert.Empty(OwnCgroup.FindFolders(["4:memory:/a"], mounts));
        Assert.Empty(OwnCgroup.FindFolders(["0::/../x"], mounts));
        Assert.Empty(OwnCgroup.FindFolders(["0::/a"], ["30 24 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw"]));
        Assert.Empty(OwnCgroup.FindFolders(["0::/a"], ["30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw", "broken", ""]));
    }

    [Fact]
    public void FindFolders_SeveralMounts_AreAllTried() => Assert.Equal(
        ["/covered/a", "/mnt/a"],
        OwnCgroup.FindFolders(["0::/a"], ["30 24 0:26 / /covered rw - cgroup2 cgroup2 rw", "31 24 0:26 / /mnt rw - cgroup2 cgroup2 rw"]));

    private static Dictionary<string, string> Notes(string folder) =>
        File.ReadAllLines(Path.Combine(folder, "toa.bpf.txt")).Select(static line => line.Split(' ')).ToDictionary(static words => words[0], static words => words[1]);

    private static string Sha256(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, file))));
}
