namespace Gateway.Tcp.Tls;

/// <summary>What the log and the TLVs say of a certificate, as in <see cref="TlsNames"/>.</summary>
/// <param name="Key">The kind and size of its key; null: another kind.</param>
/// <param name="Signature">The algorithm that signed it; null: no name is known.</param>
internal sealed record CertificateNames(string? Key, string? Signature);
