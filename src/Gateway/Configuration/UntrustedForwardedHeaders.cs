namespace Gateway.Configuration;

/// <summary>What happens to X-Forwarded-*, Forwarded and X-Real-IP of an untrusted peer.</summary>
public enum UntrustedForwardedHeaders
{
    /// <summary>
    /// X-Forwarded-For stays in front and the hop is appended; the others are set anew or removed
    /// (docs/forwarded-headers.md, The rules in full).
    /// </summary>
    Keep,

    /// <summary>They are removed, before routes are matched.</summary>
    Drop,
}
