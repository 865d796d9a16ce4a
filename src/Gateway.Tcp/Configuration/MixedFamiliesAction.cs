namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a version 1 line with addresses of two families.</summary>
public enum MixedFamiliesAction
{
    /// <summary>The line is accepted. Where both addresses must have one family, the IPv4 address is written as ::ffff:a.b.c.d.</summary>
    Accept,

    /// <summary>The line is malformed, as the specification says.</summary>
    Reject,
}
