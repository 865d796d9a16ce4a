namespace Gateway.Tcp.Configuration;

/// <summary>The relay engine.</summary>
public enum TcpEngineKind
{
    /// <summary>Linux on a Linux host, otherwise Portable.</summary>
    Auto,

    /// <summary>epoll loops on raw descriptors.</summary>
    Linux,

    /// <summary>Managed sockets.</summary>
    Portable,
}
