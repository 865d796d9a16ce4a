using System.Globalization;

namespace Gateway.Testing.Network;

/// <summary>The kernel's table of listeners: who connects to find out leaves a line in a server's log, and a count in MariaDB's.</summary>
public static class ListeningPorts
{
    /// <summary>Whether somebody listens on a port.</summary>
    /// <param name="port">The port.</param>
    /// <param name="pid">In whose network namespace; null: in ours.</param>
    public static bool Has(int port, int? pid = null)
    {
        var process = pid?.ToString(CultureInfo.InvariantCulture) ?? "self";
        return new[] { "tcp", "tcp6" }.SelectMany(family => File.ReadLines($"/proc/{process}/net/{family}"))
            .Any(line => line.Contains($":{port:X4} ", StringComparison.Ordinal) && line.Contains(" 0A ", StringComparison.Ordinal));
    }
}
