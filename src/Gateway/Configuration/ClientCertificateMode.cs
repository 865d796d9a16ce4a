namespace Gateway.Configuration;

/// <summary>What happens to a client without a certificate. A client with an invalid certificate is refused in either mode.</summary>
public enum ClientCertificateMode
{
    /// <summary>The client is refused.</summary>
    Required,

    /// <summary>The client is served.</summary>
    Optional,
}
