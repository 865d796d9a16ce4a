namespace Gateway.Tcp.Tls;

/// <summary>Why a certificate was not accepted.</summary>
/// <param name="Word">The problem as one word: none, untrusted, expired, revoked, name or invalid.</param>
/// <param name="Detail">The problem as text for a reader.</param>
public sealed record CertificateProblem(string Word, string Detail)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Word}({Detail})";
}
