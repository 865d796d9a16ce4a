
namespace Gateway.Http.Forwarded;

/// <summary>The headers that tell a backend who the client is.</summary>
[Flags]
internal enum ForwardingHeaders
{
    None = 0,
    For = 1,
    Proto = 2,
    Host = 4,
    Prefix = 8,
    Forwarded = 16,
    RealIp = 32,

    /// <summary>CDN-Loop, which <c>LoopGuard</c> uses to end loops.</summary>
    Loop = 64,

    /// <summary>The headers that YARP's transforms <c>X-Forwarded</c> and <c>Forwarded</c> set.</summary>
    AllForwarded = For | Proto | Host | Prefix | Forwarded,
    All = AllForwarded | RealIp | Loop,
}
