namespace Gateway.Tcp.Configuration;

/// <summary>What <see cref="TcpEngineKind.Auto"/> means here.</summary>
internal static class TcpEngineKinds
{
    /// <summary>Whether the kind means the Linux engine on this system.</summary>
    public static bool IsLinux(this TcpEngineKind kind) =>
        kind == TcpEngineKind.Linux || (kind == TcpEngineKind.Auto && OperatingSystem.IsLinux());
}
