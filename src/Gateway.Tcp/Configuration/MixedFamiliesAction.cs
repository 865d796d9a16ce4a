namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a version 1 line with addresses of two families.</summary>
public enum MixedFamiliesAction
{
    /// <summary>It is taken; where both addresses must have one family, the IPv4 one is told as ::ffff:a.b.c.d.</summary>
    Accept,

    /// <summary>It is malformed, as the specification has it.</summary>
    Reject,
}
