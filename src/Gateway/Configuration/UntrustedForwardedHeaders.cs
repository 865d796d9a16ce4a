namespace Gateway.Configuration;

/// <summary>What happens to the headers X-Forwarded-*, Forwarded and X-Real-IP of an untrusted hop.</summary>
public enum UntrustedForwardedHeaders
{
    /// <summary>
    /// X-Forwarded-For is kept, and the hop's address is appended. The other headers are set anew or removed (docs/forwarded-headers.md,
    /// The rules in full).
    /// </summary>
    Keep,

    /// <summary>The headers are removed before routes are matched.</summary>
    Drop,
}
