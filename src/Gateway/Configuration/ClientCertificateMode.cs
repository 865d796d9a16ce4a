namespace Gateway.Configuration;

/// <summary>
/// What becomes of a client without a certificate. One with a certificate that does not verify is refused in either mode.
/// </summary>
public enum ClientCertificateMode
{
    /// <summary>It is refused.</summary>
    Required,

    /// <summary>It is served.</summary>
    Optional,
}
