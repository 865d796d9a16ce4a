using Gateway.Tests.ProxyProtocol;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>
/// The first bytes that real clients sent to a listener on loopback: one file each in Recorded, which names client and version.
/// </summary>
internal static class RecordedHellos
{
    /// <summary>The bytes by the file's name.</summary>
    internal static IReadOnlyDictionary<string, byte[]> All { get; } =
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Tcp", "Identification", "Tls", "Recorded"), "*.txt").Order()
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file)!, file => HexText.Bytes(File.ReadAllText(file)));

    /// <summary>The names, for theories.</summary>
    public static TheoryData<string> Names() => [.. All.Keys];
}
