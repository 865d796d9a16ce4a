namespace Gateway.Testing.Certificates;

/// <summary>A certificate and its key, as PEM.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Key">Its key.</param>
public sealed record TestCertificate(string Certificate, string Key);
