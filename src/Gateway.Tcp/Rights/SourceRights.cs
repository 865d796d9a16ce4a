using Gateway.Linux;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Rights;

/// <summary>
/// Finds at start the rights that are missing for connections from clients' addresses. Without this check, each such connection would fail.
/// </summary>
public static class SourceRights
{
    /// <summary>One message for each part of a configuration that needs a missing right, with the cure.</summary>
    /// <param name="transparent">The key paths with the mode Transparent.</param>
    /// <param name="marks">The key paths of Mark.</param>
    public static IReadOnlyList<Finding> Missing(IReadOnlyList<string> transparent, IReadOnlyList<string> marks) =>
        [.. MissingForTransparent(transparent, TransparentProbe.IsPermitted), .. MissingForMarks(marks, MarkProbe.IsPermitted)];

    /// <summary>The messages of <see cref="Missing"/> about binding foreign addresses.</summary>
    internal static IReadOnlyList<Finding> MissingForTransparent(IReadOnlyList<string> keyPaths, Func<bool> isPermitted)
    {
        if (keyPaths.Count == 0 || isPermitted())
        {
            return [];
        }

        if (!OperatingSystem.IsLinux())
        {
            return [.. keyPaths.Select(static path => new Finding(path, "Transparent is available on Linux only"))];
        }

        const string cure =
            "Kubernetes: securityContext: runAsUser: 0, runAsNonRoot: false, capabilities: drop: [\"ALL\"], add: [\"NET_RAW\"]; "
            + "Docker: --user 0 --cap-drop ALL --cap-add NET_RAW "
            + "(added capabilities are given to root only); systemd: AmbientCapabilities=CAP_NET_RAW; "
            + "a shell: setpriv --inh-caps +net_raw --ambient-caps +net_raw Gateway run";
        const string missing = "Transparent needs the capability NET_RAW (or NET_ADMIN), and this process has neither";
        return [.. keyPaths.Select(static path => new Finding(path, missing, cure))];
    }

    /// <summary>The messages of <see cref="Missing"/> about marking connections.</summary>
    internal static IReadOnlyList<Finding> MissingForMarks(IReadOnlyList<string> keyPaths, Func<bool> isPermitted)
    {
        if (keyPaths.Count == 0 || isPermitted())
        {
            return [];
        }

        var missing = OperatingSystem.IsLinux()
            ? "marking connections needs the capability NET_ADMIN (or, since Linux 5.17, NET_RAW)"
            : "marking connections is available on Linux only";
        return [.. keyPaths.Select(path => new Finding(path, missing))];
    }
}
