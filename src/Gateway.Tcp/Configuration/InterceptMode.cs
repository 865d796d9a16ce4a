namespace Gateway.Tcp.Configuration;

/// <summary>How the kernel diverts connections to a listener that nobody addressed (<c>Listeners:NAME:Intercept</c>).</summary>
public enum InterceptMode
{
    /// <summary>
    /// The packets keep their destination, which is the accepted socket's own address. The listener has IP_TRANSPARENT, and its connections
    /// carry a mark (Documentation/networking/tproxy.rst).
    /// </summary>
    TProxy,

    /// <summary>The destination is rewritten (REDIRECT); conntrack remembers the original one (SO_ORIGINAL_DST).</summary>
    Redirect,
}
