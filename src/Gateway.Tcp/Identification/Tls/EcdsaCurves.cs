namespace Gateway.Tcp.Identification.Tls;

/// <summary>The curves of ECDSA certificates that TLS clients name in their offer.</summary>
[Flags]
public enum EcdsaCurves
{
    /// <summary>No ECDSA certificate, or one of another curve.</summary>
    None = 0,

    /// <summary>P-256 (secp256r1).</summary>
    P256 = 1,

    /// <summary>P-384 (secp384r1).</summary>
    P384 = 2,

    /// <summary>P-521 (secp521r1).</summary>
    P521 = 4,

    /// <summary>Every curve of this list.</summary>
    All = P256 | P384 | P521,
}
