namespace Gateway.Tcp.Configuration;

/// <summary>
/// How the kernel diverts connections to a listener although they have another destination (<c>Listeners:NAME:Intercept</c>).
/// </summary>
public enum InterceptMode
{
    /// <summary>
    /// The packets keep their destination, which becomes the local address of the accepted socket. The listener has IP_TRANSPARENT, and its
    /// connections carry a mark (Documentation/networking/tproxy.rst).
    /// </summary>
    TProxy,

    /// <summary>The kernel rewrites the destination (REDIRECT); conntrack remembers the original destination (SO_ORIGINAL_DST).</summary>
    Redirect,
}
