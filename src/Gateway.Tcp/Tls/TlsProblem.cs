using System.Globalization;
using System.Security.Authentication;
using System.Text;

namespace Gateway.Tcp.Tls;

/// <summary>The failure of a handshake, or of the stream behind it, as one word for logs.</summary>
internal static class TlsProblem
{
    private const int MostCharacters = 64;

    /// <summary>
    /// OpenSSL's reason, which is the last part of <c>error:0A0000C1:SSL routines::no shared cipher</c>, as <c>no_shared_cipher</c>. If
    /// SslStream itself refuses the bytes, they are not a TLS record: <c>not_tls</c>. Otherwise the type of the exception.
    /// </summary>
    public static string Of(Exception failed)
    {
        for (var cause = failed; cause is not null; cause = cause.InnerException)
        {
            var reason = cause.Message.LastIndexOf("::", StringComparison.Ordinal);
            if (reason >= 0 && cause.Message.Contains("error:", StringComparison.Ordinal))
            {
                return Word(cause.Message[(reason + 2)..]);
            }
        }

        return failed is AuthenticationException { InnerException: null } ? "not_tls" : failed.GetBaseException().GetType().Name;
    }

    /// <summary>
    /// The failure of a stream whose handshake is over. SslStream refuses another handshake with an exception that nothing caused
    /// (.NET 10.0.12). The same exception tells of a stream that ends within a record: the caller must have excluded this.
    /// </summary>
    public static string OfStream(Exception failed) => failed is IOException { InnerException: null } ? "renegotiation" : Of(failed);

    private static string Word(string text)
    {
        var word = new StringBuilder(MostCharacters);
        foreach (var character in text.Trim())
        {
            if (word.Length == MostCharacters)
            {
                break;
            }

            word.Append(char.IsAsciiLetterOrDigit(character) ? char.ToLower(character, CultureInfo.InvariantCulture) : '_');
        }

        return word.ToString();
    }
}
