
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

    /// <summary>Of whoever wants to end loops: <c>LoopGuard</c>.</summary>
    Loop = 64,

    /// <summary>Those that YARP's transforms <c>X-Forwarded</c> and <c>Forwarded</c> speak of.</summary>
    AllForwarded = For | Proto | Host | Prefix | Forwarded,
    All = AllForwarded | RealIp | Loop,
}
