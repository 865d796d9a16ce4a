using Gateway.Linux;

namespace Gateway.Tcp.SourceIp;

/// <summary>Finds at start what connections from clients' addresses would otherwise fail at every time.</summary>
public static class SourceRights
{
    /// <summary>One message for each part of a configuration that needs a right which is missing, with the cure.</summary>
    /// <param name="transparent">Key paths that say Transparent.</param>
    /// <param name="marks">Key paths that say Mark.</param>
    public static IReadOnlyList<string> Missing(IReadOnlyList<string> transparent, IReadOnlyList<string> marks) =>
        [.. MissingForTransparent(transparent, TransparentProbe.IsPermitted), .. MissingForMarks(marks, MarkProbe.IsPermitted)];

    /// <summary>What <see cref="Missing"/> says of binding foreign addresses.</summary>
    internal static IReadOnlyList<string> MissingForTransparent(IReadOnlyList<string> keyPaths, Func<bool> isPermitted)
    {
        if (keyPaths.Count == 0 || isPermitted())
        {
            return [];
        }

        var cure = OperatingSystem.IsLinux()
            ? "needs the capability NET_RAW (or NET_ADMIN), and this process has neither. "
                + "Kubernetes: securityContext: runAsUser: 0, runAsNonRoot: false, capabilities: drop: [\"ALL\"], add: [\"NET_RAW\"]; "
                + "Docker: --user 0 --cap-drop ALL --cap-add NET_RAW "
                + "(added capabilities are given to root only); systemd: AmbientCapabilities=CAP_NET_RAW; "
                + "a shell: setpriv --inh-caps +net_raw --ambient-caps +net_raw Gateway run"
            : "is available on Linux only";
        return [.. keyPaths.Select(path => $"{path}: Transparent {cure}")];
    }

    /// <summary>What <see cref="Missing"/> says of marking connections.</summary>
    internal static IReadOnlyList<string> MissingForMarks(IReadOnlyList<string> keyPaths, Func<bool> isPermitted)
    {
        if (keyPaths.Count == 0 || isPermitted())
        {
            return [];
        }

        var cure = OperatingSystem.IsLinux()
            ? "needs the capability NET_ADMIN (or, since Linux 5.17, NET_RAW)"
            : "is available on Linux only";
        return [.. keyPaths.Select(path => $"{path}: marking connections {cure}")];
    }
}
