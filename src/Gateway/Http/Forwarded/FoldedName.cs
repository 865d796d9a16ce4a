namespace Gateway.Http.Forwarded;

/// <summary>
/// Compares header names like servers that put headers into environment variables (CGI, WSGI, Rack, PHP): case does not matter, and all
/// characters other than letters and digits are equal. <c>X-Forwarded-For</c>, <c>X_Forwarded_For</c> and <c>x.forwarded~for</c> are the
/// same name for these servers, so they are the same name here.
/// </summary>
internal sealed class FoldedName : IEqualityComparer<string>
{
    /// <summary>Compares whole names.</summary>
    public static readonly FoldedName Comparer = new();

    private FoldedName()
    {
    }

    /// <summary>Whether two names are equal.</summary>
    public static bool AreEqual(ReadOnlySpan<char> name, ReadOnlySpan<char> other)
    {
        if (name.Length != other.Length)
        {
            return false;
        }

        for (var i = 0; i < name.Length; i++)
        {
            if (Fold(name[i]) != Fold(other[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a name begins with <paramref name="beginning"/>, compared in the same way.</summary>
    public static bool StartsWith(ReadOnlySpan<char> name, ReadOnlySpan<char> beginning) =>
        name.Length >= beginning.Length && AreEqual(name[..beginning.Length], beginning);

    /// <summary>
    /// Whether a name has other characters than letters, digits and hyphens. Such a name may be an alias of another header.
    /// </summary>
    public static bool IsUnusual(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(string? x, string? y) => AreEqual(x, y);

    /// <inheritdoc/>
    public int GetHashCode(string text)
    {
        var hash = new HashCode();
        foreach (var c in text)
        {
            hash.Add(Fold(c));
        }

        return hash.ToHashCode();
    }

    private static char Fold(char c) => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-';
}
