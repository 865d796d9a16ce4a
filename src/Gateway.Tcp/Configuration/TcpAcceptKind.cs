namespace Gateway.Tcp.Configuration;

/// <summary>How accepted connections reach the pipeline.</summary>
public enum TcpAcceptKind
{
    /// <summary>Direct with the Linux engine, otherwise Kestrel.</summary>
    Auto,

    /// <summary>As connections of a Kestrel endpoint.</summary>
    Kestrel,

    /// <summary>From the engine's own accept loop, without a change of thread.</summary>
    Direct,
}
