using System.Globalization;
using Gateway.Linux;

namespace Gateway.Handover;

/// <summary>
/// Sockets that systemd (or another starter) opened for this process: descriptors from 3 on, as many as LISTEN_FDS says, for the process
/// that LISTEN_PID names (sd_listen_fds(3)).
/// </summary>
internal static class SystemdSockets
{
    private const int First = 3;

    // systemd's own limit is far below.
    private const int Most = 1024;

    /// <summary>Takes the sockets over, and removes the variables, so that no program that this process starts takes them again.</summary>
    /// <param name="problems">What was passed and is no listening TCP socket.</param>
    public static IReadOnlyList<ListeningDescriptor> Take(out IReadOnlyList<string> problems)
    {
        var count = OperatingSystem.IsLinux() ? CountFor(Environment.ProcessId, Environment.GetEnvironmentVariable) : 0;
        foreach (var variable in (ReadOnlySpan<string>)["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"])
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        var sockets = new List<ListeningDescriptor>();
        var refused = new List<string>();
        for (var number = First; number < First + count; number++)
        {
            if (ListeningDescriptor.Adopt(number, out var problem) is { } socket)
            {
                sockets.Add(socket);
            }
            else
            {
                refused.Add($"Descriptor {number.ToString(CultureInfo.InvariantCulture)} of LISTEN_FDS is not used: {problem}");
            }
        }

        problems = refused;
        return sockets;
    }

    /// <summary>How many descriptors are for a process; 0 if the variables are for another process, or no numbers.</summary>
    internal static int CountFor(int process, Func<string, string?> variable) =>
        int.TryParse(variable("LISTEN_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid == process
        && int.TryParse(variable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Min(count, Most)
            : 0;
}
