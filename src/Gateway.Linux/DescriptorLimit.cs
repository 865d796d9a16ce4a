namespace Gateway.Linux;

/// <summary>
/// The number of descriptors that this process may hold (RLIMIT_NOFILE). The .NET runtime raises the soft limit to the hard limit at start.
/// </summary>
public static class DescriptorLimit
{
    private const int ResourceNoFile = 7;

    /// <summary>The limit in force; null if it cannot be read (other systems).</summary>
    public static unsafe long? Read()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var softAndHard = stackalloc ulong[2];
        return LibC.getrlimit(ResourceNoFile, softAndHard) == 0 ? (long)Math.Min(softAndHard[0], long.MaxValue) : null;
    }
}
