namespace Gateway.Linux;

/// <summary>
/// How many descriptors this process may hold (RLIMIT_NOFILE). The .NET runtime raises the soft limit to the hard one at start.
/// </summary>
public static class DescriptorLimit
{
    private const int ResourceNoFile = 7;

    /// <summary>The limit in force, or null where there is none to be read (other systems).</summary>
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
