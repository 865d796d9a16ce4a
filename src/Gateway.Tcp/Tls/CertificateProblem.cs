namespace Gateway.Tcp.Tls;

/// <summary>Why a certificate was not taken.</summary>
/// <param name="Word">In a word: none, untrusted, expired, revoked, name or invalid.</param>
/// <param name="Detail">For people.</param>
public sealed record CertificateProblem(string Word, string Detail)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Word}({Detail})";
}
